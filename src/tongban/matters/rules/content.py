"""Reads an edition's content, and tells what is wrong with it before it is kept or published."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry

from tongban.kernel.workdays import Limit, Unit
from tongban.matters.rules import law
from tongban.matters.rules.edition import (
    ContentProblem,
    DecisionKind,
    EditionView,
    Fee,
    LimitView,
    Material,
    MaterialForm,
    MaterialSource,
    Mode,
    Necessity,
    ResultKind,
    ResultView,
)
from tongban.matters.rules.form import form_schema_problems

_HELD = frozenset({MaterialSource.LICENCE, MaterialSource.SHARED})


@cache
def _validator() -> Draft202012Validator:
    text = files("tongban.matters").joinpath("edition.schema.json").read_text(encoding="utf-8")
    # An empty registry, so that no reference is ever fetched from elsewhere.
    return Draft202012Validator(json.loads(text), registry=Registry())


def content_problems(content: Mapping[str, Any]) -> tuple[ContentProblem, ...]:
    """Check the form of a content: edition.schema.json, the form's schema, keys used once.

    What the law says is asked of ``unlawful``, once this finds nothing.
    """
    found = tuple(
        ContentProblem(
            path=".".join(str(part) for part in error.absolute_path),
            code=str(error.validator),
            message=error.message[:200],
        )
        for error in sorted(_validator().iter_errors(dict(content)), key=lambda e: e.json_path)
    )
    if found:
        return found
    return (*form_schema_problems(content["form_schema"]), *_material_problems(content))


def _material_problems(content: Mapping[str, Any]) -> Iterator[ContentProblem]:
    seen: set[str] = set()
    for position, material in enumerate(content["materials"]):
        path = f"materials.{position}"
        if material["key"] in seen:
            yield ContentProblem(
                path=path, code="key_repeated", message=f"材料标识 {material['key']} 重复"
            )
        seen.add(material["key"])
        if material.get("exempt", False) and material["source"] not in _HELD:
            yield ContentProblem(
                path=path,
                code="exempt_not_held",
                message="免提交的材料,来源必须是电子证照(licence)或数据共享(shared)",
            )


def edition_from(
    *,
    edition_id: str,
    matter_code: str,
    title: str,
    title_en: str,
    task_type: str,
    place_id: str,
    agency_id: str,
    version: int,
    handle_item_code: str,
    content: Mapping[str, Any],
    source: str,
    sample: bool,
) -> EditionView:
    """Return the edition that a checked content describes; KeyError if it was not checked."""
    kind = _kind(content, task_type)
    materials = tuple(_material(material) for material in content["materials"])
    result = _result(content["result"])
    fee = _fee(content["fee"])
    return EditionView(
        id=edition_id,
        matter_code=matter_code,
        title=title,
        title_en=title_en,
        task_type=task_type,
        place_id=place_id,
        agency_id=agency_id,
        version=version,
        handle_item_code=handle_item_code,
        modes=tuple(Mode(mode) for mode in content["modes"]),
        decision_kind=kind,
        decision_words=law.decision_words(task_type, kind),
        silence_accepts=law.silence_accepts(task_type),
        form_schema=content["form_schema"],
        materials=materials,
        statutory=_limit(content["statutory"]),
        promised=_limit_or_none(content, "promised"),
        extension=_limit_or_none(content, "extension"),
        receive_answer_limit=_plain_limit(content, "receive_answer_limit", law.ANSWER_LIMIT),
        deliver_limit=_plain_limit(content, "deliver_limit", law.DELIVER_LIMIT),
        assurance_online=content["assurance_online"],
        conditions=content["conditions"],
        conditions_en=content.get("conditions_en", ""),
        result=result,
        fee=fee,
        samples=_samples(content),
        source=source,
        sample=sample,
    )


def unlawful(edition: EditionView, *, can_license: bool) -> tuple[ContentProblem, ...]:
    """Return what the law forbids to publish; empty if nothing.

    ``can_license`` tells whether the deciding agency has the power to license.
    """
    return (
        *_unlawful_power(edition, can_license=can_license),
        *_unlawful_limits(edition),
        *_unlawful_materials(edition),
    )


def _unlawful_power(edition: EditionView, *, can_license: bool) -> Iterator[ContentProblem]:
    if not law.applied_for(edition.task_type):
        yield ContentProblem(
            path="task_type",
            code="not_applied_for",
            message="处罚、强制、检查由机关依职权启动,不接受申请",
            article="行政处罚法第五十四条、行政强制法第十八条",
        )
    if not law.kind_fits(edition.task_type, edition.decision_kind):
        yield ContentProblem(
            path="decision_kind",
            code="kind_does_not_fit",
            message="“许可”一词只用于行政许可事项,行政许可事项也只能用“许可”",
            article="行政许可法第二条",
        )
    if not law.may_decide(edition.task_type, can_license=can_license):
        yield ContentProblem(
            path="agency",
            code="may_not_license",
            message="该机构没有行政许可权,不能作为办理机关",
            article="行政许可法第二十二条、第二十三条",
        )
    if law.fee_needs_law(edition.task_type, charged=edition.fee.charged, basis=edition.fee.basis):
        yield ContentProblem(
            path="fee.basis",
            code="fee_without_law",
            message="行政许可收费必须写明所依据的法律或行政法规",
            article="行政许可法第五十八条",
        )


def _unlawful_limits(edition: EditionView) -> Iterator[ContentProblem]:
    promised, task_type = edition.promised, edition.task_type
    if promised is not None and not law.no_longer(promised.limit, edition.statutory.limit):
        yield ContentProblem(
            path="promised",
            code="promise_too_long",
            message="承诺时限不得长于法定时限(单位不同且无法比较的,也视为过长)",
            article="优化营商环境条例第三十六条",
        )
    for path, limit, allowed in (
        ("statutory", edition.statutory, law.DECISION_LIMIT),
        ("extension", edition.extension, law.EXTENSION_LIMIT),
    ):
        if (
            limit is not None
            and law.needs_other_law(task_type, limit.limit, allowed)
            and not law.cites_other_law(limit.basis)
        ):
            yield ContentProblem(
                path=path,
                code="limit_without_law",
                message=f"超过 {allowed.value} 个工作日的,必须写明另有规定的法律、法规",
                article="行政许可法第四十二条",
            )
    if law.needs_other_law(task_type, edition.receive_answer_limit, law.ANSWER_LIMIT):
        yield ContentProblem(
            path="receive_answer_limit",
            code="answer_too_late",
            message="应当当场或者在五日内一次告知",
            article="行政许可法第三十二条第一款第四项",
        )
    if law.needs_other_law(task_type, edition.deliver_limit, law.DELIVER_LIMIT):
        yield ContentProblem(
            path="deliver_limit",
            code="delivery_too_late",
            message="应当自作出决定之日起十日内颁发、送达",
            article="行政许可法第四十四条",
        )


def _unlawful_materials(edition: EditionView) -> Iterator[ContentProblem]:
    for material in edition.materials:
        path = f"materials.{material.key}"
        if law.is_catch_all(material.title):
            yield ContentProblem(
                path=path,
                code="catch_all",
                message=f"材料名称不得使用“其他”“有关”等兜底用语:{material.title}",
                article="行政许可法第三十条;北京市优化营商环境条例",
            )
        if law.asks_what_is_held(held=material.source in _HELD, exempt=material.exempt):
            yield ContentProblem(
                path=path,
                code="asks_what_is_held",
                message=f"通过共享能够获得的,不得要求申请人提供:{material.title}",
                article="国务院关于在线政务服务的若干规定第七条",
            )


def _kind(content: Mapping[str, Any], task_type: str) -> DecisionKind:
    named = content.get("decision_kind")
    return law.usual_kind(task_type) if named is None else DecisionKind(named)


def _limit(data: Mapping[str, Any]) -> LimitView:
    return LimitView(
        limit=Limit(data["value"], Unit(data["unit"])),
        basis=data.get("basis", ""),
        sample=data.get("sample", False),
    )


def _limit_or_none(content: Mapping[str, Any], name: str) -> LimitView | None:
    return _limit(content[name]) if name in content else None


def _plain_limit(content: Mapping[str, Any], name: str, usual: Limit) -> Limit:
    return _limit(content[name]).limit if name in content else usual


def _material(data: Mapping[str, Any]) -> Material:
    return Material(
        key=data["key"],
        title=data["title"],
        title_en=data["title_en"],
        source=MaterialSource(data["source"]),
        necessity=Necessity(data["necessity"]),
        form=MaterialForm(data["form"]),
        originals=data.get("originals", 0),
        copies=data.get("copies", 0),
        accept_standard=data.get("accept_standard", ""),
        accept_standard_en=data.get("accept_standard_en", ""),
        exempt=data.get("exempt", False),
        source_note=data.get("source_note", ""),
        sample=data.get("sample", False),
    )


def _result(data: Mapping[str, Any]) -> ResultView:
    return ResultView(
        title=data["title"],
        title_en=data["title_en"],
        kind=ResultKind(data["kind"]),
        form=MaterialForm(data.get("form", "either")),
        sample=data.get("sample", False),
    )


def _fee(data: Mapping[str, Any]) -> Fee:
    return Fee(
        charged=data["charged"],
        text=data.get("text", ""),
        text_en=data.get("text_en", ""),
        basis=data.get("basis", ""),
        sample=data.get("sample", False),
    )


def _samples(content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every cell marked as a sample: named in ``samples`` or flagged where it stands."""
    cells = ("statutory", "promised", "extension", "receive_answer_limit", "deliver_limit")
    flagged = [
        name for name in (*cells, "result", "fee") if content.get(name, {}).get("sample", False)
    ]
    flagged += [
        f"materials.{material['key']}"
        for material in content["materials"]
        if material.get("sample", False)
    ]
    return tuple(sorted({*content.get("samples", ()), *flagged}))
