"""What the page of form and checklist shows: questions, materials, the notice's lines, problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.urls import reverse
from django.utils.translation import get_language, gettext

from tongban.cases.api import CONSENT_CLAUSES, CaseFile, MaterialView
from tongban.channels.casefile import either, labelled, material_row, paper_links
from tongban.channels.parts import (
    Choice,
    Field,
    FileField,
    Form,
    MaterialRow,
    Problem,
    Section,
)
from tongban.channels.schema_form import build_form, read_form
from tongban.channels.visitor import Request
from tongban.channels.window.originals import box
from tongban.channels.window.told import Told
from tongban.matters.api import EditionView, FieldProblem, MaterialForm


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form: kept in the draft, or as it was just posted."""

    form: dict[str, Any]
    originals: Mapping[str, str] = field(default_factory=dict)
    presence: str = ""
    consent: bool = False

    @classmethod
    def kept(cls, file: CaseFile) -> Self:
        """Return what the case holds."""
        return cls(form=file.form)

    @classmethod
    def posted(cls, request: Request, edition: EditionView) -> Self:
        """Return what was just typed."""
        names = [box(material.key) for material in edition.materials]
        return cls(
            form=read_form(edition.form_schema, request.POST),
            originals={name: request.POST.get(name, "") for name in names},
            presence=request.POST.get("presence", ""),
            consent=request.POST.get("consent") == "true",
        )


def context(file: CaseFile, typed: Typed, told: Told, *, receiving: bool) -> dict[str, Any]:
    """Return the page's parts, and every problem in the order of the page."""
    form = _form(file, typed, told)
    rows = tuple(_row(file, view, typed, told, receiving=receiving) for view in file.materials)
    presence, consent = presence_field("presence", typed.presence, told), _consent(typed, told)
    title, title_lang = either(file.edition.title, file.edition.title_en)
    place, agency = file.place, file.agency
    return {
        "file": file,
        "matter": title,
        "matter_lang": title_lang,
        "place": either(place.full_name, place.full_name_en)[0],
        "agency": either(agency.name, agency.name_en)[0],
        "receiving": receiving,
        "form": form,
        "rows": rows,
        "wanted": tuple(_wanted_line(line) for line in file.wanted),
        "presence": presence,
        "consent": consent if receiving else None,
        "clauses": tuple(gettext(clause) for clause in CONSENT_CLAUSES),
        "problems": (
            *([Problem(message=told.at("form"))] if told.at("form") else []),
            *form.problems,
            *_problems(rows, (presence, consent)),
        ),
        "code": " ".join(told.codes),
        "back_to_case": reverse("window:case", args=[file.id]),
    }


def presence_field(name: str, value: str, told: Told) -> Field:
    """Return the question how the clerk saw who stands there. No device compares faces here."""
    return Field(
        name=name,
        label=gettext("到场核验"),
        kind="radio",
        required=True,
        problem=told.at(name),
        choices=(
            Choice(
                value="document_seen",
                label=gettext("已看证件原件，与本人一致"),
                selected=value == "document_seen",
            ),
        ),
    )


def _consent(typed: Typed, told: Told) -> Field:
    return Field(
        name="consent",
        label=gettext("申请人已阅读并同意《服务同意书》"),
        kind="checkbox",
        required=True,
        value="true" if typed.consent else "",
        problem=told.at("consent"),
    )


def _form(file: CaseFile, typed: Typed, told: Told) -> Form:
    names = file.edition.form_schema["properties"]
    form = build_form(
        file.edition.form_schema,
        language=get_language() or "zh-hans",
        values=typed.form,
        problems=[
            FieldProblem(path=name, code="", message=message)
            for name, message in told.messages.items()
            if name in names
        ],
        autofill=False,
    )
    asked = {line["path"].removeprefix("form."): line["text"] for line in file.wanted}
    focus = not told.messages
    sections: list[Section] = []
    for section in form.sections:
        fields = []
        for one in section.fields:
            fields.append(replace(_asked(one, asked), autofocus=focus))
            focus = False
        sections.append(replace(section, fields=tuple(fields)))
    return replace(form, sections=tuple(sections))


def _asked(one: Field, asked: Mapping[str, str]) -> Field:
    """Put what the notice wants of a question before its help."""
    if one.name not in asked:
        return one
    wanted = gettext("补正要求：{text}").format(text=asked[one.name])
    return replace(one, help=f"{wanted}\n{one.help}".strip())


def _row(
    file: CaseFile, view: MaterialView, typed: Typed, told: Told, *, receiving: bool
) -> MaterialRow:
    material = view.material
    row = material_row(material, came="exempt" if material.exempt else "")
    if material.exempt:
        return row
    wanted = {line["path"]: line["text"] for line in file.wanted}.get(f"paper.{material.key}", "")
    links = tuple(
        replace(link, remove_url=_remove_url(file, paper.id, material.key))
        for link, paper in zip(paper_links(view, file.id), view.papers, strict=True)
    )
    upload = FileField(
        name=f"paper.{material.key}",
        label=gettext("上传“{title}”").format(title=row.title),
        label_hidden=True,
        multiple=True,
        help=gettext("补正要求：{text}").format(text=wanted) if wanted else "",
        problem=told.at(f"paper.{material.key}"),
        documents=links,
    )
    if wanted:
        row = replace(row, state_label=gettext("需补正"), tone="warn")
    elif links:
        row = replace(row, state_label=gettext("已收电子件"), tone="good")
    takes_originals = receiving and material.form != MaterialForm.ELECTRONIC
    return replace(
        row, file=upload, answer=_originals(material.key, typed, told) if takes_originals else None
    )


def _remove_url(file: CaseFile, paper_id: str, key: str) -> str:
    return f"{reverse('window:remove', args=[file.id, paper_id])}?material={key}"


def _originals(key: str, typed: Typed, told: Told) -> Field:
    return Field(
        name=box(key),
        label=gettext("收原件（份）"),
        kind="number",
        width="s",
        value=typed.originals.get(box(key), ""),
        problem=told.at(box(key)),
        max_length=2,
        autocomplete="off",
    )


def _wanted_line(line: Mapping[str, str]) -> Problem:
    """Return a line of the notice in the notice's own words, which are Chinese on any page."""
    kind, _, name = line["path"].partition(".")
    target = f"m-{name}" if kind == "paper" else f"f-{name}"
    return Problem(message=labelled(line["title"], line["text"]), target=target)


def _problems(rows: tuple[MaterialRow, ...], fields: tuple[Field, ...]) -> tuple[Problem, ...]:
    found = [
        Problem(message=labelled(row.title, one.problem), target=one.target)
        for row in rows
        for one in (row.file, row.answer)
        if one is not None and one.problem
    ]
    found += [
        Problem(message=labelled(one.label, one.problem), target=one.target)
        for one in fields
        if one.problem
    ]
    return tuple(found)
