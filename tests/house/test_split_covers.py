"""Whoever adds a table says what becomes of its rows when an installation is split."""

from django.apps import apps

from tongban.site.split import plan

CARRIED = {
    "Edition": "editions",
    "Person": "persons",
    "Document": "documents",
    "Mandate": "mandates",
    "Case": "cases",
    "CaseEvent": "case_events",
    "CasePaper": "case_papers",
    "DocumentOfRecord": "case_records",
    "NumberSequence": "numbers",
    "CustodyItem": "custody_items",
    "CustodyMove": "custody_moves",
    "PendingEntry": "entries",
    "Look": "looks",
}
REGION = {
    *("Place", "ZoneMember", "Agency", "Office", "OfficeRun", "Calendar", "CalendarDay"),
    *("PlaceSetting", "ReferenceVersion", "Matter", "Agreement", "AgreementParty", "Opening"),
    *("Staff", "Post"),
}
"""Every node loads the same files."""
KEYS = {"PlaceKey", "DataKey", "DestroyedPerson", "DestroyedKey"}
"""Handed over in memos, wrapped anew."""
BETWEEN = {"CaseAbroad", "Proposal", "PersonAbroad", "Pointer", "LoginCode", "HomeLink"} | {
    *("EditionTold", "Signature"),
}
"""How a node stands with others: begun anew, or gone with the person."""
OWN = {
    *("StaffSession", "SpoolMark", "Waiting", "Seal", "LostLeaf", "KeyFile", "Job"),
    *("IdempotencyKey", "OutMessage", "OutFile", "InMessage"),
}
"""Of this node alone: its log, its messages, its sign-ins and jobs."""


def test_every_table_has_its_fate() -> None:
    tables = {
        model.__name__ for model in apps.get_models() if model.__module__.startswith("tongban.")
    }
    fates = (set(CARRIED), REGION, KEYS, BETWEEN, OWN)
    assert tables == set().union(*fates)
    assert sum(map(len, fates)) == len(tables)
    assert set(CARRIED.values()) == set(plan.TABLES)
