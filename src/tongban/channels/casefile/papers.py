"""The papers of a case: what was handed in, what was written, what the form says."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext

from tongban.cases.api import CaseFile, MaterialView, RecordView
from tongban.channels.casefile.words import either
from tongban.channels.parts import DocumentLink, Fact, Field, MaterialRow, Tone
from tongban.channels.schema_form import build_form
from tongban.kernel.errors import mark
from tongban.matters.api import Material, MaterialForm, Necessity

_RECORDS = {
    "slip": mark("收件告知单"),
    "consent": mark("服务同意书"),
    "correction": mark("补正告知书"),
    "acceptance": mark("受理通知书"),
    "decline": mark("不予受理决定书"),
    "decision": mark("决定书"),
    "delivery": mark("送达回证"),
}

_NECESSITY = {
    Necessity.REQUIRED: mark("必要"),
    Necessity.OPTIONAL: mark("需要时提交"),
    Necessity.DEFERRABLE: mark("可以容缺后补"),
}

_FORMS = {
    MaterialForm.PAPER: mark("纸质"),
    MaterialForm.ELECTRONIC: mark("电子件"),
    MaterialForm.EITHER: mark("纸质或电子件"),
}

_CAME: dict[str, tuple[str, Tone]] = {
    "original": (mark("已收原件"), "good"),
    "electronic": (mark("已收电子件"), "good"),
    "exempt": (mark("免提交"), "neutral"),
    "missing": (mark("缺"), "bad"),
    "later": (mark("容缺后补"), "warn"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormFacts:
    """What one section of the form says, for a definition list (parts/facts.html)."""

    key: str
    title: str
    title_lang: str
    facts: tuple[Fact, ...]


def record_title(record: RecordView) -> str:
    """Return what kind of document of record it is (文书名称)."""
    return gettext(_RECORDS[record.kind])


def record_links(records: Iterable[RecordView]) -> tuple[DocumentLink, ...]:
    """Return documents of record with the addresses of their printable pages."""
    return tuple(
        DocumentLink(
            name=f"{record_title(record)} {record.number}",
            url=reverse("papers:record", args=[record.id]),
        )
        for record in records
    )


def paper_links(view: MaterialView, case_id: str) -> tuple[DocumentLink, ...]:
    """Return the files handed in for a material, with the address that streams each."""
    return tuple(
        DocumentLink(
            name=paper.name,
            url=reverse("papers:file", args=[case_id, paper.id]),
            media_type=paper.media_type,
            size=filesizeformat(paper.size).replace("\xa0", " "),
        )
        for paper in view.papers
    )


def material_needs(material: Material) -> tuple[str, ...]:
    """Return in short words what is asked for: 必要, 原件 1 份, 纸质或电子件."""
    if material.exempt:
        return (gettext("免提交"),)
    needs = [gettext(_NECESSITY[material.necessity])]
    if material.originals:
        count = material.originals
        needs.append(ngettext("原件 {n} 份", "原件 {n} 份", count).format(n=count))
    if material.copies:
        count = material.copies
        needs.append(ngettext("复印件 {n} 份", "复印件 {n} 份", count).format(n=count))
    needs.append(gettext(_FORMS[material.form]))
    return tuple(needs)


def material_row(
    material: Material, *, documents: tuple[DocumentLink, ...] = (), came: str = ""
) -> MaterialRow:
    """Return a material with its acceptance standard; ``came`` as on the slip, "" for none yet."""
    title, title_lang = either(material.title, material.title_en)
    standard, standard_lang = either(material.accept_standard, material.accept_standard_en)
    label, tone = _CAME.get(came, ("", "neutral"))
    return MaterialRow(
        key=material.key,
        title=title,
        title_lang=title_lang,
        needs=material_needs(material),
        standard=standard,
        standard_lang=standard_lang,
        source_note=material.source_note,
        state_label=gettext(label) if label else "",
        tone=tone,
        sample=material.sample,
        documents=documents,
    )


def material_rows(file: CaseFile) -> tuple[MaterialRow, ...]:
    """Return every material of a case with what came for it (parts/checklist.html)."""
    return tuple(
        material_row(
            view.material,
            documents=paper_links(view, file.id),
            came=view.came or ("electronic" if view.papers else ""),
        )
        for view in file.materials
    )


def form_facts(file: CaseFile) -> tuple[FormFacts, ...]:
    """Return what the form says, section by section; what was left empty is left out."""
    form = build_form(
        file.edition.form_schema, language=get_language() or "zh-hans", values=file.form
    )
    sections = (
        FormFacts(
            key=section.key,
            title=section.title,
            title_lang=section.title_lang,
            facts=tuple(_fact(field) for field in section.fields if field.value),
        )
        for section in form.sections
    )
    return tuple(section for section in sections if section.facts)


def form_fields(file: CaseFile) -> tuple[tuple[str, Fact], ...]:
    """Return every field of the form by name, in order; the value of an empty one is "".

    For a notice, which may name what was left empty as well.
    """
    form = build_form(
        file.edition.form_schema, language=get_language() or "zh-hans", values=file.form
    )
    return tuple((field.name, _fact(field)) for one in form.sections for field in one.fields)


def _fact(field: Field) -> Fact:
    chosen = [choice.label for choice in field.choices if choice.selected]
    if field.kind == "checkbox":
        return Fact(label=field.label, value=gettext("是") if field.checked else gettext("否"))
    return Fact(label=field.label, value=chosen[0] if chosen else field.value)
