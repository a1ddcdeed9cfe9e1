"""One database plays first the receiving node, then the deciding one; what crosses is kept."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from support.scene import DACHANG, TONGZHOU, Walk
from tongban.cases import api as cases
from tongban.cases import errors
from tongban.cases.crossing import handing
from tongban.documents import api as documents
from tongban.federation import api as federation
from tongban.kernel import clock
from tongban.vault import api as vault

TAKER, DECIDER = "tongzhou", "dachang"
HOSTED = {TAKER: TONGZHOU, DECIDER: DACHANG}


@dataclass(slots=True)
class Line:
    """What was sent, and whose part this database plays."""

    settings: Settings
    sent: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def play(self, node: str) -> None:
        """Be that node from here on."""
        self.settings.NODE = node

    def hosts(self, place_id: str) -> bool:
        return HOSTED[self.settings.NODE] == place_id

    def own(self) -> object:
        return SimpleNamespace(places=(HOSTED[self.settings.NODE],))  # this node isn't alone

    def trusted(self) -> dict[str, object]:
        return dict.fromkeys(HOSTED)

    def node_hosting(self, place_id: str) -> str | None:
        other = TAKER if self.settings.NODE == DECIDER else DECIDER
        return None if self.hosts(place_id) else other

    def send(self, **message: Any) -> str:  # noqa: ANN401 - as federation.send
        self.sent.append(message)
        return f"{self.settings.NODE}-{len(self.sent):032x}"

    def message(
        self,
        position: int = -1,
        *,
        sender: str = TAKER,
        **changes: Any,  # noqa: ANN401 - JSON
    ) -> federation.Message:
        """Return what was sent as the other node gets it."""
        one = self.sent[position]
        refs = one.get("files", ())
        return federation.Message(
            id=f"{sender}-{'0' * 31}1",
            sender=sender,
            kind=one["kind"],
            lane=one["lane"],
            seq=1,
            at=clock.now(),
            data={**one["data"], **changes},
            files=tuple(self._file(ref) for ref in refs),
        )

    def _file(self, ref: federation.FileRef) -> federation.ReceivedFile:
        content = self.files[ref.id]
        return federation.ReceivedFile(
            id=ref.id,
            size=ref.size,
            media_type=ref.media_type,
            digest=ref.digest,
            source=lambda: iter([content]),
        )


@pytest.fixture
def line(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Line:
    found = Line(settings)
    for name in ("hosts", "node_hosting", "send", "own", "trusted"):
        monkeypatch.setattr(federation, name, getattr(found, name))
    found.play(TAKER)
    return found


class Undone(Exception):  # noqa: N818 - ends what the other node did
    """Takes back what this database did as the other node."""


@contextmanager
def at_the_taker(line: Line) -> Iterator[None]:
    """Do something as the receiving node, and have no trace of it but what it sent."""
    line.play(TAKER)
    try:
        with transaction.atomic():
            yield
            raise Undone  # noqa: TRY301 - it ends the block that it stands in
    except Undone:
        line.play(DECIDER)


def handed(line: Line) -> Walk:
    """Take a case in at Tongzhou's window for Dachang and hand it over; only the message stays."""
    walk = Walk(place=DACHANG, mode="received")
    with at_the_taker(line):
        walk.begin().hand_in()
        handing.hand_over({"case_id": walk.done.case_id})
        file = cases.case_file(acting=walk.window, case_id=walk.done.case_id, purpose="test")
        key = vault.key_of(place_id=DACHANG, person_id=file.applicant_id, case_id=walk.done.case_id)
        for view in documents.of_owner(owner=("case", walk.done.case_id), key=key):
            line.files[view.id] = b"".join(documents.read(document_id=view.id, key=key))
    return walk


def on_its_way() -> Walk:
    """Take a case in at Tongzhou's window for Dachang, and send it to Dachang's node."""
    walk = Walk(place=DACHANG, mode="received").begin().hand_in()
    handing.hand_over({"case_id": walk.done.case_id})
    return walk


def answer(walk: Walk, code: str = "") -> None:
    """Have Dachang's node answer: it took the case, or refused it with a code."""
    handing.answered(
        federation.Answer(
            message_id=f"{TAKER}-{1:032x}",
            to=DECIDER,
            kind="case.handed",
            lane=walk.done.case_id,
            taken=not code,
            code=code,
            at=clock.now(),
        )
    )


def sent_back() -> Walk:
    walk = on_its_way()
    answer(walk, errors.EditionDiffers.code)
    return walk
