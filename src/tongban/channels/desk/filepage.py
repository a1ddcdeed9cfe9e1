"""The file on one page: what stands in the case, and beside it what can be done now."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import gettext

from tongban.cases import api as cases
from tongban.cases.api import CaseFile
from tongban.cases.errors import NotNow, Stale
from tongban.channels import casefile
from tongban.channels.desk import parcels
from tongban.channels.desk.acts import ACTS, Act
from tongban.channels.desk.chrome import acting_of
from tongban.channels.desk.panels import Panel, idle_words, panel_of
from tongban.channels.parts import DocumentLink, Fact, Problem
from tongban.channels.problems import STATUS, text_of
from tongban.channels.visitor import Request
from tongban.delivery import errors as delivery_errors
from tongban.identity.api import PostView
from tongban.kernel import clock
from tongban.kernel.errors import Kind, Refusal, mark
from tongban.work.errors import KeyReused

PURPOSE = mark("审批机关办理本办件")
"""What the officer looks for, in the words that the applicant reads."""


_OUTRUN = (Stale, NotNow, delivery_errors.Stale, KeyReused)
"""Refusals that say that something happened meanwhile: the page now shows what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A form that was not taken: which, why, and everything that was typed into it."""

    slug: str
    post: QueryDict
    refusal: Refusal
    seq: int
    item_id: str = ""

    def on(self, file: CaseFile) -> "Refused":
        """Return this against the file as it is now.

        A form filled in on an older page is stale whatever else is wrong with it: what its sender
        saw is not what is shown now.
        """
        moved = not self.item_id and self.seq != file.seq
        if not moved or self.refusal.kind is Kind.CONFLICT:
            return self
        return replace(self, refusal=Stale(seq=file.seq))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileShown:
    """A file that can be shown beside the form, under the title of its material."""

    paper_id: str
    material: str
    material_lang: str
    document: DocumentLink
    current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Words that were typed into a form that is not there any more."""

    label: str
    texts: tuple[str, ...] = field(default=())


def context_of(
    request: Request, case_id: str, post: PostView, refused: Refused | None = None
) -> dict[str, Any]:
    """Read the file (a look, recorded before this returns) and lay it out for desk/case.html."""
    file = cases.case_file(acting=acting_of(request), case_id=case_id, purpose=PURPOSE)
    if refused is not None:
        refused = refused.on(file)
    moves = casefile.known_moves(file)
    actors = casefile.known_actors(file, moves=moves)
    rows = casefile.custody_rows(file, moves, actors, localdate(clock.now()))
    words = casefile.state_words(file.state, file.outcome)
    offered = [act for act in ACTS.values() if act.verb in file.verbs]
    files = _files(file, request.GET.get("paper", ""))
    panels = _panels(file, offered, refused)
    return {
        "file": file,
        "abroad": casefile.abroad_words(file),
        "title": casefile.either(file.edition.title, file.edition.title_en),
        "state": words,
        "clock": casefile.clock(file),
        "clock_title": casefile.clock_title(file),
        "clock_sentence": casefile.clock_sentence(file),
        "steps": casefile.steps(file),
        "files": files,
        "file_shown": next((one for one in files if one.current), None),
        "party": _party(file),
        "sections": casefile.form_facts(file),
        "materials": casefile.material_rows(file),
        "parcels": parcels.parcels_of(file, rows, powers=post.powers, typed=_typed_parcel(refused)),
        "records": casefile.record_links(file.records),
        "events": casefile.timeline(file, actors),
        "panels": panels,
        "bar": sorted(panels, key=lambda panel: [*ACTS].index(panel.slug)),
        "idle_shown": not any(panel.shown for panel in panels),
        "idle": idle_words(file),
        "said": _said(file, request.GET.get("done", "")),
        "refused": None if refused is None else _told(refused),
        "status": 200 if refused is None else STATUS[refused.refusal.kind],
        "problems": _problems(file, refused),
        "kept": _kept(offered, refused),
    }


def _panels(file: CaseFile, offered: list[Act], refused: Refused | None) -> tuple[Panel, ...]:
    """Return the panels, the one to be shown at once last: the style sheet reads them so."""
    sent = {} if refused is None else {refused.slug: refused}
    shown = next((act.slug for act in offered if act.slug in sent), None)
    if shown is None:
        shown = next((act.slug for act in offered if act.main), "")
    panels = [
        panel_of(
            file,
            act,
            post=sent[act.slug].post if act.slug in sent else None,
            refusal=sent[act.slug].refusal if act.slug in sent else None,
        )
        for act in offered
    ]
    return tuple(
        replace(panel, shown=panel.slug == shown)
        for panel in sorted(panels, key=lambda panel: panel.slug == shown)
    )


def _files(file: CaseFile, wanted: str) -> tuple[FileShown, ...]:
    found: list[FileShown] = []
    for view, row in zip(file.materials, casefile.material_rows(file), strict=True):
        found += [
            FileShown(
                paper_id=paper.id,
                material=row.title,
                material_lang=row.title_lang,
                document=document,
            )
            for paper, document in zip(view.papers, row.documents, strict=True)
        ]
    if not found:
        return ()
    chosen = wanted if any(one.paper_id == wanted for one in found) else found[0].paper_id
    return tuple(replace(one, current=one.paper_id == chosen) for one in found)


def _party(file: CaseFile) -> tuple[Fact, ...]:
    """Return who applies, who files for them, and how the papers came."""
    applicant, agent = file.applicant, file.agent
    facts = [
        Fact(label=gettext("申请人"), value=casefile.person_words(applicant)),
    ]
    if not applicant.erased:
        facts += [
            Fact(label=gettext("证件号码"), value=applicant.number),
            Fact(label=gettext("联系电话"), value=applicant.phone or gettext("未填写")),
        ]
    if agent is not None:
        facts.append(
            Fact(
                label=gettext("代理人"),
                value=casefile.person_words(agent),
                note=f"{agent.number} {agent.phone or ''}".strip(),
            )
        )
    came = casefile.mode_words(file.mode)
    if file.office is not None:
        office, _ = casefile.either(file.office.name, file.office.name_en)
        came = gettext("{mode}：{office}").format(mode=came, office=office)
    facts.append(Fact(label=gettext("收件途径"), value=came))
    if file.licence_number:
        facts.append(Fact(label=gettext("证照编号"), value=file.licence_number))
    return tuple(facts)


def _said(file: CaseFile, slug: str) -> dict[str, str] | None:
    """Return what was just done with the document it left, if the last event says so too."""
    if slug == "settle":
        return {"text": gettext("已登记核对，并重新告知对方。"), "url": "", "label": ""}
    act = ACTS.get(slug)
    if act is None or not file.events or file.events[-1].verb is not act.verb:
        return None
    numbers = file.events[-1].payload.get("records", {}).values()
    left = casefile.record_links([one for one in file.records if one.number in numbers])
    said = {"text": gettext(act.done), "url": "", "label": ""}
    return {**said, "url": left[0].url, "label": left[0].name} if left else said


def _told(refused: Refused) -> dict[str, str]:
    """Return a refusal in words, with its code."""
    what, todo = text_of(refused.refusal)
    return {"what": what, "todo": todo, "code": refused.refusal.code}


def _problems(file: CaseFile, refused: Refused | None) -> tuple[Problem, ...]:
    """Return the lines of the summary: each links to what it is about."""
    if refused is None:
        return ()
    _, todo = text_of(refused.refusal)
    if isinstance(refused.refusal, _OUTRUN):
        latest = gettext("下面已是最新情况，请看过以后再决定。")
        return (Problem(message=latest, target="custody" if refused.item_id else "history"),)
    act = ACTS.get(refused.slug)
    if act is None or act.verb not in file.verbs:
        target = f"item-{refused.item_id}" if refused.item_id else "act"
        return (Problem(message=todo, target=target),)
    panel = panel_of(file, act, post=refused.post, refusal=refused.refusal)
    return panel.problems or (Problem(message=todo, target=f"do-{act.slug}"),)


def _kept(offered: list[Act], refused: Refused | None) -> Kept | None:
    """Return what was typed into an act that somebody else's has made impossible."""
    if refused is None or refused.slug not in ACTS:
        return None
    if any(act.slug == refused.slug for act in offered):
        return None
    names = [name for name in refused.post if name.startswith((f"{refused.slug}-", "text:"))]
    texts = [refused.post.get(name, "").strip() for name in names]
    texts = [text for text in texts if text not in {"", "true", "yes", "no"}]
    label = gettext(ACTS[refused.slug].label)
    return Kept(label=label, texts=tuple(texts)) if texts else None


def _typed_parcel(refused: Refused | None) -> Mapping[str, str]:
    if refused is None or not refused.item_id:
        return {}
    what, todo = text_of(refused.refusal)
    return {
        "item": refused.item_id,
        "carrier": refused.post.get("carrier", ""),
        "waybill": refused.post.get("waybill", ""),
        "note": refused.post.get("note", ""),
        "move": refused.slug,
        "problem": f"{what}{todo}",
    }
