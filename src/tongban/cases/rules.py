"""The law of a case as pure functions; each cites its article.

行政许可法 is the Administrative Licensing Law (2019 text). The days of its clocks are working
days of the deciding place (art. 82).
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from tongban.cases.errors import (
    NoticeWidened,
    PersonHasCase,
    PersonHasPaper,
    ReasonMissing,
    RetentionRuns,
    TextRefused,
)
from tongban.cases.transitions import ENDED, State
from tongban.kernel.acting import Presence
from tongban.kernel.workdays import (
    Calendar,
    Due,
    Light,
    LightRule,
    Limit,
    Unit,
    due,
    light,
    working_days_left,
)

BEIJING = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The whole country keeps one civil time, without daylight saving since 1992."""

LEAST_REASON = 5
"""Characters: shorter than any reason that a court would take for one."""


def day_of(moment: datetime) -> date:
    """Return the calendar day of ``moment`` in the deciding place."""
    return moment.astimezone(BEIJING).date()


def answer_due(papers_at: datetime, limit: Limit, calendar: Calendar) -> Due:
    """Return the last day to ask, accept or decline, the day after the papers came being day one.

    Five days by 行政许可法 art. 32(4); an edition may promise fewer.
    """
    return due(limit, day_of(papers_at), calendar)


STATUTORY_ANSWER = Limit(5, Unit.WORKING_DAYS)
"""The law's own five days (行政许可法 art. 32(4)); an office's promise of fewer accepts nothing."""


def silence_day(papers_at: datetime, calendar: Calendar) -> date | None:
    """Return the last day on which silence does not accept yet; None while it is provisional.

    A day in a year whose holidays are not published can still move, and an acceptance by law
    cannot be taken back: so none is reckoned until the year is.
    """
    law = due(STATUTORY_ANSWER, day_of(papers_at), calendar)
    return None if law.provisional else law.on


def silent(silence_on: date | None, today: date) -> bool:
    """Tell whether the office has let the law's last day pass (art. 32(4))."""
    return silence_on is not None and today > silence_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The two limits of a decision: what the law allows and what the office promised."""

    statutory: Due
    due: Due


def decision_clock(
    accepted_at: datetime, statutory: Limit, promised: Limit | None, calendar: Calendar
) -> Clock:
    """Return the limits of a decision; the day after acceptance is day one (art. 42, art. 82).

    A promise can only be shorter than the law; if a slip made it longer, the law's day holds
    (优化营商环境条例 art. 36).
    """
    start = day_of(accepted_at)
    law = due(statutory, start, calendar)
    promise = law if promised is None else due(promised, start, calendar)
    return Clock(statutory=law, due=promise if promise.on <= law.on else law)


def handing_due(decided_at: datetime, limit: Limit, calendar: Calendar) -> Due:
    """Return the last day to hand down what was granted (art. 44: ten days of the decision)."""
    return due(limit, day_of(decided_at), calendar)


class Task(StrEnum):
    """What a limit of the agency counts down to."""

    ANSWER = "answer"  # ask for corrections, accept or decline
    DECISION = "decision"
    HANDING = "handing"  # hand down what was granted


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the running limit of a case depends on; the columns of its header."""

    state: State
    papers_at: datetime | None
    answer_due_on: date | None
    accepted_at: datetime | None
    due_on: date | None
    decided_at: datetime | None
    hand_due_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A limit that runs: what for, since when, and its last day."""

    task: Task
    since: date
    due_on: date


def running(facts: Facts) -> Running | None:
    """Return the limit that runs, None where none does.

    None runs while papers are on their way, while the applicant corrects, after a refusal, and
    once the case is closed. That of handing down ends only there, for a licence that was issued
    may still lie in the office (art. 44 wants it issued and delivered).
    """
    if facts.state in {State.SUBMITTED, State.RECEIVED}:
        task, since, due_on = Task.ANSWER, facts.papers_at, facts.answer_due_on
    elif facts.state in {State.ACCEPTED, State.REVIEWED}:
        task, since, due_on = Task.DECISION, facts.accepted_at, facts.due_on
    elif facts.state in {State.GRANTED, State.PRODUCED, State.ISSUED}:
        task, since, due_on = Task.HANDING, facts.decided_at, facts.hand_due_on
    else:
        return None
    if since is None or due_on is None:
        return None
    return Running(task=task, since=day_of(since), due_on=due_on)


NO_LIMIT = date.max
"""The agency's day where something is to be done and no limit runs: after all others."""

AGENCY_TURN = frozenset(
    {
        State.SUBMITTED,
        State.RECEIVED,
        State.ACCEPTED,
        State.REVIEWED,
        State.GRANTED,
        State.REFUSED,
        State.PRODUCED,
        State.ISSUED,
        State.DECLINED,
    }
)
"""The states in which the next step is the agency's."""


def agency_due(facts: Facts) -> date | None:
    """Return the day by which the agency must do its next step, None if it has none to do."""
    if facts.state not in AGENCY_TURN:
        return None
    limit = running(facts)
    return NO_LIMIT if limit is None else limit.due_on


def case_light(
    facts: Facts, today: date, calendar: Calendar, rule: LightRule
) -> tuple[Light, int | None]:
    """Return the light of a case and the working days left (negative when late)."""
    limit = running(facts)
    if limit is None:
        return (Light.DONE if facts.state in ENDED else Light.NORMAL), None
    left = working_days_left(today, limit.due_on, calendar)
    whole = working_days_left(limit.since, limit.due_on, calendar)
    return light(left=left, limit_days=whole, rule=rule), left


def check_reason(text: str) -> str:
    """Return the stripped reason; ReasonMissing if it says nothing (art. 38: in writing)."""
    reason = text.strip()
    if len(reason) < LEAST_REASON:
        raise ReasonMissing(least=LEAST_REASON)
    return check_text(reason, most=MOST_REASON)


MOST_REASON = 2000
MOST_LICENCE_NUMBER = 64


def check_text(text: str, *, most: int) -> str:
    """Return the stripped text; TextRefused if empty, longer than ``most`` or with controls."""
    said = text.strip()
    if not 0 < len(said) <= most or any(
        unicodedata.category(one) in {"Cc", "Cs"} and one not in "\n\r\t" for one in said
    ):
        raise TextRefused(most=most)
    return said


def check_notice(paths: Sequence[str], first: Sequence[str] | None) -> None:
    """Refuse a later notice that names what the first did not (art. 32(4): told once, all of it).

    ``paths`` are the fields and materials of this notice, ``first`` those of the first one, None
    if there was none.
    """
    if first is None:
        return
    for path in paths:
        if path not in first:
            raise NoticeWidened(path=path)


def presence_suffices(presence: Presence) -> bool:
    """Tell whether a window may receive: the person's document was seen, or the face compared.

    国办发〔2020〕35号: form check and identity check are the receiving window's.
    """
    return presence in {Presence.DOCUMENT_SEEN, Presence.FACE_COMPARED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """What the applicant can do against an answer, and within what time."""

    review_body: str
    review_days: int
    lawsuit_months: int


def remedies(government: str) -> Remedies:
    """Return the remedies that a refusal must name (行政许可法 art. 38).

    Reconsideration within 60 days, by the government at the agency's own level (行政复议法 2023
    arts. 20 and 24); a lawsuit within six months (行政诉讼法 art. 46).
    """
    return Remedies(review_body=government, review_days=60, lawsuit_months=6)


def kept_until(ended_on: date, years: int) -> date:
    """Return the first day on which a case that ended need not be kept; 29 February counts as 28.

    >>> kept_until(date(2028, 2, 29), 1)
    datetime.date(2029, 2, 28)
    """
    try:
        return ended_on.replace(year=ended_on.year + years)
    except ValueError:
        return ended_on.replace(year=ended_on.year + years, day=28)


def check_erasure(*, running: int, papers: int, kept: Sequence[date], today: date) -> None:
    """Refuse an erasure that the law puts off (个人信息保护法 art. 47).

    Data goes when its purpose is reached (47(1)1): not while a case runs or a paper of the
    person's is in custody. Where a period of keeping has not run out, it is kept and nothing else
    is done with it (47(2)); ``kept`` are the days up to which each ended case is.
    """
    if running:
        raise PersonHasCase(count=running)
    if papers:
        raise PersonHasPaper(count=papers)
    until = max(kept, default=today)
    if today < until:
        raise RetentionRuns(until=str(until))
