"""The door of cases: the verbs, the reads, the check.

Every channel (portal, window, desk, API, another node) calls these same functions. Each verb
takes ``acting`` (who, for whom, by which power), ``seq`` (the last event the caller saw) and
``key`` (the idempotency key of this attempt), and answers ``Done``.
"""

from tongban.cases.actions.acceptance import accept, clock_from, decline
from tongban.cases.actions.correction import Wanted, ask_correction, correct
from tongban.cases.actions.custody import (
    dispatch,
    hand_over,
    report_lost,
    send_back,
    sign_for,
)
from tongban.cases.actions.decision import close, decide, deliver, issue, produce, review
from tongban.cases.actions.drafting import draft, save_draft
from tongban.cases.actions.ending import void, withdraw
from tongban.cases.actions.erasure import erase_person
from tongban.cases.actions.frame import Done
from tongban.cases.actions.intake import Original, arrive, receive, submit
from tongban.cases.actions.papers import attach, open_paper, remove_paper
from tongban.cases.actions.records import CONSENT_CLAUSES, remedies_in
from tongban.cases.crossing import splitting
from tongban.cases.crossing.again import hand_again
from tongban.cases.crossing.erasing import ErasedElsewhere, erased_elsewhere
from tongban.cases.crossing.pointing import hide_abroad, known_abroad, show_abroad
from tongban.cases.crossing.settling import compare_paper, settle
from tongban.cases.crossing.standing import AbroadView
from tongban.cases.errors import Problem
from tongban.cases.handlers import register_handlers
from tongban.cases.queries.abroad import (
    Owner,
    PointerRow,
    RowAbroad,
    Showing,
    Silent,
    owners_of,
    showings,
    silent_nodes,
)
from tongban.cases.queries.checks import Damage, check_cases
from tongban.cases.queries.file import (
    CaseFile,
    EventView,
    MaterialView,
    PaperView,
    RecordView,
    case_file,
    record,
    record_id,
)
from tongban.cases.queries.head import CaseHead, case_head
from tongban.cases.queries.lacking import lacking, papers_came
from tongban.cases.queries.lists import (
    CasePage,
    CaseRow,
    Pile,
    WindowHeaps,
    between_nodes,
    cases,
    cases_abroad,
    numbers_of,
    window_heaps,
)
from tongban.cases.queries.receipts import EntryLine, entry_lines, receipt
from tongban.cases.rules import Clock, Remedies, Running, Task
from tongban.cases.transitions import Side, State, Verb

__all__ = [
    "CONSENT_CLAUSES",
    "AbroadView",
    "CaseFile",
    "CaseHead",
    "CasePage",
    "CaseRow",
    "Clock",
    "Damage",
    "Done",
    "EntryLine",
    "ErasedElsewhere",
    "EventView",
    "MaterialView",
    "Original",
    "Owner",
    "PaperView",
    "Pile",
    "PointerRow",
    "Problem",
    "RecordView",
    "Remedies",
    "RowAbroad",
    "Running",
    "Showing",
    "Side",
    "Silent",
    "State",
    "Task",
    "Verb",
    "Wanted",
    "WindowHeaps",
    "accept",
    "arrive",
    "ask_correction",
    "attach",
    "between_nodes",
    "case_file",
    "case_head",
    "cases",
    "cases_abroad",
    "check_cases",
    "clock_from",
    "close",
    "compare_paper",
    "correct",
    "decide",
    "decline",
    "deliver",
    "dispatch",
    "draft",
    "entry_lines",
    "erase_person",
    "erased_elsewhere",
    "hand_again",
    "hand_over",
    "hide_abroad",
    "issue",
    "known_abroad",
    "lacking",
    "numbers_of",
    "open_paper",
    "owners_of",
    "papers_came",
    "produce",
    "receipt",
    "receive",
    "record",
    "record_id",
    "register_handlers",
    "remedies_in",
    "remove_paper",
    "report_lost",
    "review",
    "save_draft",
    "send_back",
    "settle",
    "show_abroad",
    "showings",
    "sign_for",
    "silent_nodes",
    "splitting",
    "submit",
    "void",
    "window_heaps",
    "withdraw",
]
