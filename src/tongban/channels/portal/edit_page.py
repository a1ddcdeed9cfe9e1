"""The page of ``edit``: the form, the materials, what is wrong or was asked for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.urls import reverse
from django.utils.translation import get_language, gettext

from tongban.cases.api import CaseFile, CaseHead, MaterialView, Problem, State, Verb
from tongban.channels import casefile, problems
from tongban.channels.casefile import either
from tongban.channels.parts import FileField, MaterialRow
from tongban.channels.parts import Problem as ProblemLine
from tongban.channels.portal.frame import crumb, needed_assurance, page
from tongban.channels.schema_form import Prefill, build_form
from tongban.channels.visitor import Request
from tongban.kernel.errors import Refusal
from tongban.matters.api import FieldProblem

FILE_PREFIX = "file."


@dataclass(slots=True, kw_only=True)
class Trouble:
    """What stands in the way: at fields, at materials, or a refusal of the whole."""

    fields: list[FieldProblem] = field(default_factory=list)
    papers: dict[str, str] = field(default_factory=dict)
    refusal: Refusal | None = None
    status: int = 200

    @classmethod
    def of(cls, found: Iterable[Problem], status: int) -> Self:
        """Return the problems of an incomplete application, each at its place."""
        trouble = cls(status=status)
        for problem in found:
            trouble.put(problem.path, problem.code, gettext(problem.message))
        return trouble

    def put(self, path: str, code: str, message: str) -> None:
        """Add a problem of ``form.<field>`` or ``paper.<material>``."""
        kind, _, name = path.partition(".")
        if kind == "paper":
            self.papers.setdefault(name, message)
        else:
            self.fields.append(FieldProblem(path=name, code=code, message=message))

    def add(self, material_key: str, message: str, status: int) -> None:
        """Add what is wrong with a file; the first refusal gives the page its status."""
        self.papers.setdefault(material_key, message)
        self.status = status if self.status == 200 else self.status  # noqa: PLR2004 - HTTP OK


def is_open(case: CaseFile | CaseHead) -> bool:
    """Tell whether the person can write now: in their own online draft, or to answer a notice."""
    return not case.verbs.isdisjoint({Verb.SUBMIT, Verb.CORRECT})


def shown(
    request: Request, file: CaseFile, values: Mapping[str, Any] | None, trouble: Trouble
) -> dict[str, Any]:
    """Return the context of portal/edit.html. ``values`` None: never saved, takes prefills."""
    correcting = file.state is State.CORRECTING
    if correcting and not trouble.fields and not trouble.papers:
        for line in file.wanted:
            trouble.put(line["path"], "wanted", line["text"])
    form = build_form(
        file.edition.form_schema,
        language=get_language() or "zh-hans",
        values=values,
        problems=trouble.fields,
        prefills=_prefills(request, file),
    )
    rows = [_row(file, view, trouble) for view in file.materials]
    title, title_lang = either(file.edition.title, file.edition.title_en)
    return {
        **page(request, crumbs=[crumb(gettext("我的办件"), "portal:mine"), crumb(title)]),
        **needed_assurance(request, file),
        "file": file,
        "title": title,
        "title_lang": title_lang,
        "agency": either(file.agency.name, file.agency.name_en)[0],
        "correcting": correcting,
        "wanted": file.wanted,
        "form": form,
        "rows": rows,
        "problems": [*form.problems, *_paper_lines(rows)],
        "summary_title": _summary_title(trouble, correcting=correcting),
        "refusal": None if trouble.refusal is None else problems.text_of(trouble.refusal),
        "missing": [
            row for row in rows if row.file and row.file.required and not row.file.documents
        ],
        "saved": request.GET.get("saved") == "1" and trouble.status == 200,  # noqa: PLR2004 - HTTP OK
        "edit_url": reverse("portal:edit", args=[file.id]),
    }


def _summary_title(trouble: Trouble, *, correcting: bool) -> str:
    if correcting and trouble.status == 200:  # noqa: PLR2004 - HTTP OK
        return gettext("补正告知书要求您补正以下内容")
    return gettext("申请还没有提交，请先处理以下问题")


def _prefills(request: Request, file: CaseFile) -> dict[str, Prefill]:
    """Return what is known of the applicant, for their own eyes only."""
    if request.visitor.person_id != file.applicant.id:
        return {}
    source = gettext("实名登记信息")
    return {
        "person.name": Prefill(value=file.applicant.name, source=source),
        "person.phone": Prefill(value=file.applicant.phone, source=source),
    }


def _row(file: CaseFile, view: MaterialView, trouble: Trouble) -> MaterialRow:
    material = view.material
    came = "electronic" if view.papers else "exempt" if material.exempt else ""
    documents = casefile.paper_links(view, file.id)
    row = casefile.material_row(material, came=came)
    if material.exempt:
        return row
    problem = trouble.papers.get(material.key, "")
    edit_url = reverse("portal:edit", args=[file.id])
    links = tuple(
        replace(link, remove_url=f"{edit_url}?remove={paper.id}")
        for link, paper in zip(documents, view.papers, strict=True)
    )
    return replace(
        row,
        file=FileField(
            name=f"{FILE_PREFIX}{material.key}",
            label=gettext("上传 {title}").format(title=row.title),
            label_hidden=True,
            problem=problem,
            required=material.necessity == "required",
            multiple=True,
            documents=links,
        ),
    )


def _paper_lines(rows: Iterable[MaterialRow]) -> list[ProblemLine]:
    return [
        ProblemLine(
            message=gettext("{label}：{problem}").format(label=row.title, problem=row.file.problem),
            target=row.file.target,
        )
        for row in rows
        if row.file is not None and row.file.problem
    ]
