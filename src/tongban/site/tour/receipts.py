"""What the applicant keeps: receipts, checked as anyone would check them, without the node."""

import time
from collections.abc import Callable
from pathlib import Path

from tongban.evidence import offline
from tongban.site.tour.browser import Browser
from tongban.site.tour.unmet import Unmet
from tongban.site.tour.walk import Walk

_NOT_YET = "固证中"
_LATER = "evidence.not_sealed_yet"
_FINE = (offline.Outcome.GOOD, offline.Outcome.ABSENT)
_PATIENCE_S = 30
_AGAIN_S = 0.25


def take(walk: Walk, keep: Path | None) -> None:
    """Take the receipt of the case once each of its entries can be proved, and check it."""
    with walk.step("takes the receipt", walk.place.applicant) as (browser, step):
        data = _when_sealed(lambda: _of_case(browser, walk))
        step.detail = _checked(data, walk.number, keep)


def take_look(walk: Walk, keep: Path | None) -> None:
    """Take the receipt of the latest look at the applicant's data in the case, and check it."""
    with walk.step("takes the receipt of a look", walk.place.applicant) as (browser, step):
        data = _when_sealed(lambda: _of_look(browser, walk))
        step.detail = _checked(data, f"{walk.number}-look", keep)


def _of_case(browser: Browser, walk: Walk) -> bytes | None:
    page = browser.open(f"/cases/{walk.case_id}/evidence/")
    return None if _NOT_YET in page.text else browser.fetch(page.link("/receipt.zip"))


def _of_look(browser: Browser, walk: Walk) -> bytes | None:
    page = browser.open(f"/cases/{walk.case_id}/")
    if not any("/looks/" in link.address for link in page.links):
        return None
    return browser.fetch(page.link("/looks/"), later=_LATER)


def _when_sealed(take: Callable[[], bytes | None]) -> bytes:
    """Try until there is a receipt: the worker seals meanwhile."""
    until = time.monotonic() + _PATIENCE_S
    while (data := take()) is None:
        if time.monotonic() > until:
            raise Unmet(
                expected=f"every entry sealed within {_PATIENCE_S} s, as `tongban worker` does",
                seen="some wait; `tongban evidence status` says why",
            )
        time.sleep(_AGAIN_S)
    return data


def _checked(data: bytes, name: str, keep: Path | None) -> str:
    """Check a receipt as ``tongban verify FILE`` does; return in words what it is worth."""
    try:
        report = offline.check(data)
    except offline.Unreadable as error:
        raise Unmet(expected="a receipt", seen=str(error)) from None
    wrong = [one.name for one in report.entries if one.outcome not in _FINE]
    if wrong:
        raise Unmet(expected="a receipt that proves each entry", seen=", ".join(wrong))
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{name}.zip").write_bytes(data)
    count = len(report.entries)
    entries = "1 entry" if count == 1 else f"{count} entries"
    return f"{entries}, {offline.words.OUTCOMES[report.outcome].en}"
