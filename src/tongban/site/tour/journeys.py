"""The four walks: online and received, decided in Dachang and in Tongzhou."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tongban.site.tour import desk, portal, receipts, window
from tongban.site.tour.people import DACHANG, TONGZHOU, Place
from tongban.site.tour.report import Ended, Report
from tongban.site.tour.walk import Walk


def online_corrected_and_granted(walk: Walk) -> None:
    """Apply online, correct once, get the licence by post."""
    portal.find_matter(walk)
    portal.apply(walk)
    desk.ask_correction(walk)
    portal.correct(walk)
    desk.accept(walk)
    portal.sees(walk, "已受理", "受理通知书")
    desk.review(walk, grant=True)
    desk.decide(walk, grant=True)
    portal.read_decision(walk, "准予")
    desk.make_licence(walk)
    desk.close(walk)
    desk.send_back(walk, "the licence")
    portal.take_parcels(walk)
    portal.confirm_receipt(walk)


def online_refused(walk: Walk) -> None:
    """Apply online, be refused with reason and remedies."""
    portal.find_matter(walk)
    portal.apply(walk)
    desk.accept(walk)
    desk.review(walk, grant=False)
    desk.decide(walk, grant=False)
    desk.close(walk)
    portal.read_decision(walk, "不予", "行政复议", "行政诉讼")
    portal.confirm_receipt(walk)


def received(walk: Walk) -> None:
    """Apply at a window elsewhere; the original travels there and comes back with the licence."""
    window.start(walk)
    window.receive(walk)
    window.send_original(walk)
    portal.sees(walk, "已收件", "在途")
    desk.sign_for_originals(walk)
    desk.accept(walk)
    desk.review(walk, grant=True)
    desk.decide(walk, grant=True)
    desk.make_licence(walk)
    desk.close(walk)
    desk.send_back(walk, "licence and original")
    window.sign_for_papers(walk)
    window.hand_over(walk)
    window.deliver(walk)
    portal.sees(walk, "已送达", "已交本人")


_JOURNEYS: tuple[tuple[str, Place, Place, Callable[[Walk], None]], ...] = (
    ("online to Dachang", DACHANG, DACHANG, online_corrected_and_granted),
    ("received for Dachang", DACHANG, TONGZHOU, received),
    ("online to Tongzhou", TONGZHOU, TONGZHOU, online_refused),
    ("received for Tongzhou", TONGZHOU, DACHANG, received),
)
"""Each with the deciding place, and the place whose node the applicant uses: theirs who decides
online, that of the window otherwise."""


def run(
    base_url: str,
    tell: Callable[[str], None],
    *,
    keep: Path | None = None,
    nodes: Mapping[str, str] | None = None,
) -> Report:
    """Walk all four, telling each step as it goes; stop at the first that fails.

    Receipts are taken when all are walked, so that no walk waits for the log, and checked as they
    would be anywhere; ``keep`` is a folder that they are left in.
    """
    report = Report(tell)
    walks = []
    try:
        for title, place, home, journey in _JOURNEYS:
            walk = Walk(
                base_url=base_url,
                report=report,
                place=place,
                title=title,
                home=home.code,
                nodes=nodes or {},
            )
            journey(walk)
            walks.append(walk)
        for walk in walks:
            receipts.take(walk, keep)
            receipts.take_look(walk, keep)
    except Ended:
        pass
    return report
