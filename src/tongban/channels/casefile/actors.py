"""Who did something, in words. A clerk who acts for a citizen is never shown as the citizen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext, ngettext

from tongban.cases.api import CaseFile, Verb
from tongban.channels.casefile.words import either, is_english, person_words
from tongban.channels.parts import DocumentLink, HappeningRow
from tongban.delivery.api import MoveView
from tongban.evidence import api as evidence
from tongban.evidence.api import LookView
from tongban.identity import api as identity
from tongban.identity.errors import PostEnded, PostMissing
from tongban.kernel.acting import ActorKind, Presence
from tongban.kernel.errors import mark
from tongban.places import api as places

_PRESENCE = {
    Presence.NONE: mark("未核验"),
    Presence.LOGIN: mark("实名登录"),
    Presence.DOCUMENT_SEEN: mark("出示证件"),
    Presence.FACE_COMPARED: mark("人脸比对"),
}

_FIELDS = {
    "name": mark("姓名"),
    "number": mark("证件号码"),
    "phone": mark("电话"),
    "form": mark("申请表"),
    "papers": mark("申请材料"),
    "record": mark("文书"),
    "evidence": mark("存证内容"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """The posts behind a case's events, by id; None for one that can't be shown any more."""

    posts: Mapping[str, identity.PostView | None]

    def who(self, acting: Mapping[str, Any], file: CaseFile, verb: Verb | None = None) -> str:
        """Return who stands behind ``acting`` (Acting's JSON) in a case, in words."""
        kind = acting["actor_kind"]
        if kind == ActorKind.PERSON:
            return _person(acting, file)
        if kind == ActorKind.STAFF:
            return self._staff(acting, file, verb)
        return gettext("系统（依法自动）") if kind == ActorKind.SYSTEM else gettext("其他节点")

    def _staff(self, acting: Mapping[str, Any], file: CaseFile, verb: Verb | None) -> str:
        post = self.posts.get(str(acting["post_id"]))
        if post is None:
            return gettext("工作人员（岗位已结束）")
        behalf = acting["on_behalf_of"]
        if behalf is None:
            return post_words(post)
        represented = _named(str(behalf), file)
        template = (
            gettext("窗口代收：{clerk}；申请人：{applicant}；核验：{presence}")
            if verb in {Verb.DRAFT, Verb.RECEIVE}
            else gettext("窗口代办：{clerk}；申请人：{applicant}；核验：{presence}")
        )
        return template.format(
            clerk=post_words(post),
            applicant=represented,
            presence=gettext(_PRESENCE[Presence(acting["presence"])]),
        )


def known_actors(
    file: CaseFile,
    looks: Iterable[LookView] = (),
    moves: Mapping[str, Sequence[MoveView]] | None = None,
) -> Actors:
    """Read the posts behind a file's events, looks and moves; one statement for each post."""
    seen: list[tuple[Mapping[str, Any], datetime]] = [
        (event.acting, event.recorded_at) for event in file.events
    ]
    seen += [(look.viewer, look.at) for look in looks]
    for trail in (moves or {}).values():
        seen += [(move.acting, move.at) for move in trail]
    posts: dict[str, identity.PostView | None] = {}
    for acting, at in seen:
        post_id = acting["post_id"]
        if post_id is not None and post_id not in posts:
            posts[post_id] = _post(str(post_id), localdate(at))
    return Actors(posts=posts)


def _post(post_id: str, on: date) -> identity.PostView | None:
    try:
        return identity.post(post_id, on=on)
    except (PostEnded, PostMissing):
        return None


def post_words(post: identity.PostView) -> str:
    """Return body, title and name of a post: who in which office answers for it."""
    title, _ = either(post.title, post.title_en)
    body = ""
    if post.office_id is not None:
        office = places.office(post.office_id)
        body, _ = either(office.name, office.name_en)
    elif post.agency_id is not None:
        agency = places.agency(post.agency_id)
        body, _ = either(agency.name, agency.name_en)
    between = ", " if is_english() else " "
    return between.join(part for part in (body, title, post.staff_name) if part)


def look_rows(
    looks: Iterable[LookView], file: CaseFile, actors: Actors, *, receipts: bool = False
) -> tuple[HappeningRow, ...]:
    """Return who looked at the applicant's data in this case (parts/timeline.html).

    Looks of one day that are alike in all but the minute stand in one row, at the newest one's
    place, which says how often: an officer who works on a file opens it many times a day. With
    ``receipts``, which are the applicant's alone, each row offers its own.
    """
    rows: dict[tuple[object, ...], list[LookView]] = {}
    for look in looks:
        rows.setdefault(_alike(look), []).append(look)
    return tuple(_look_row(alike, file, actors, receipts=receipts) for alike in rows.values())


def looks_alike(person_id: str, look: LookView) -> list[LookView]:
    """Return the looks at the person that stand in one row with this one. One statement."""
    midnight = localtime(look.at).replace(hour=0, minute=0, second=0, microsecond=0)
    that_day = evidence.looks_at(
        person_id=person_id,
        case_id=look.case_id,
        between=(midnight, midnight + timedelta(days=1)),
        limit=_MOST_OF_A_DAY,
    )
    wanted = look.case_id, _alike(look)
    return [one for one in that_day if (one.case_id, _alike(one)) == wanted] or [look]


_MOST_OF_A_DAY = 1000
"""Looks in a case on one day; a receipt holds three files for each."""

_SHOWN = ("actor_kind", "actor_id", "post_id", "on_behalf_of", "mandate_id", "presence", "channel")
"""What of an Acting a reader is told: looks that differ in it stand apart."""


def _alike(look: LookView) -> tuple[object, ...]:
    viewer = tuple(look.viewer.get(name) for name in _SHOWN)
    return localdate(look.at), viewer, look.purpose, look.fields


def _look_row(
    looks: Sequence[LookView], file: CaseFile, actors: Actors, *, receipts: bool
) -> HappeningRow:
    newest = looks[0]
    fields = gettext("、").join(
        gettext(_FIELDS[name]) if name in _FIELDS else name for name in newest.fields
    )
    note = gettext("查阅内容：{fields}").format(fields=fields)
    if len(looks) > 1:
        times = ngettext("当日共 {times} 次", "当日共 {times} 次", len(looks))
        note = gettext("{note}；{times}").format(note=note, times=times.format(times=len(looks)))
    return HappeningRow(
        title=actors.who(newest.viewer, file),
        at=newest.at,
        who=gettext("用途：{purpose}").format(purpose=gettext(newest.purpose)),
        note=note,
        documents=(_receipt_link(newest.id),) if receipts else (),
    )


def _receipt_link(look_id: str) -> DocumentLink:
    url = reverse("portal:look_receipt", args=[look_id])
    return DocumentLink(name=gettext("存证凭证"), url=url)


def _person(acting: Mapping[str, Any], file: CaseFile) -> str:
    actor = str(acting["actor_id"])
    if actor == file.applicant.id:
        return gettext("申请人 {name}（本人）").format(name=person_words(file.applicant))
    return gettext("代理人 {agent}，代 {applicant} 办理").format(
        agent=_named(actor, file), applicant=person_words(file.applicant)
    )


def _named(person_id: str, file: CaseFile) -> str:
    for card in (file.applicant, file.agent):
        if card is not None and card.id == person_id:
            return person_words(card)
    return gettext("其他人")
