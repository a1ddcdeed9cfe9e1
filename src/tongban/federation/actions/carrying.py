"""The same envelopes as files, where there is no line: written to a folder, taken from one.

A folder holds ``messages-FROM-TO`` (envelopes, a line each), ``answers-FROM-TO`` (answers, a line
each, in the order of the messages of the same name) and ``files/`` (sealed, by their tokens'
digests). What is in it is as safe as on the line: signed, and encrypted to its receiver.
"""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tongban.federation import known
from tongban.federation.actions.delivering import settle_line
from tongban.federation.actions.sending import outgoing, unseal
from tongban.federation.actions.taking import take_all
from tongban.federation.envelope import digest_of, encrypt
from tongban.federation.incoming import wanted
from tongban.federation.models import OutFile, OutMessage
from tongban.federation.rules import BATCH

_MOST_CARRIED = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What was written to a folder or taken from it."""

    messages: int
    answers: int
    files: int


def export(folder: Path, *, to: str) -> Carried:
    """Write what waits for a node into a folder; it goes on waiting until its answers come.

    PeerUnknown.
    """
    peer = known.peer(to)
    folder.mkdir(parents=True, exist_ok=True)
    rows = list(
        OutMessage.objects.filter(to=to, answered_at=None, given_up=False).order_by("id")[
            :_MOST_CARRIED
        ]
    )
    lines = "".join(f"{encrypt(unseal(row), peer)}\n" for row in rows)
    (folder / f"messages-{settings.NODE}-{to}").write_text(lines, encoding="ascii")
    digests = list(OutFile.objects.filter(message__in=rows).values_list("token_digest", flat=True))
    for digest in digests:
        target = folder / "files" / digest
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(outgoing(digest), target)
    return Carried(messages=len(rows), answers=0, files=len(digests))


def take_folder(folder: Path) -> Carried:
    """Take what a folder holds for this node, and write the answers beside it.

    Messages whose files are not in it wait: their answers say so.
    """
    messages = answers = files = 0
    for path in sorted(folder.glob(f"messages-*-{settings.NODE}")):
        lines = path.read_text(encoding="ascii").splitlines()
        said = list(_taken(lines))
        brought = _bring_files(folder)
        if brought:  # what waited for them can be taken now
            files += brought
            said = list(_taken(lines))
        sender = path.name.split("-")[1]
        answer = folder / f"answers-{settings.NODE}-{sender}"
        answer.write_text("".join(f"{line}\n" for line in said), encoding="ascii")
        messages += len(lines)
    for path in sorted(folder.glob(f"answers-*-{settings.NODE}")):
        peer = known.peer(path.name.split("-")[1])
        waiting = {
            digest_of(signed): (row, signed)
            for row in OutMessage.objects.filter(to=peer.node, answered_at=None)
            for signed in [unseal(row)]
        }
        for line in path.read_text(encoding="ascii").splitlines():
            answers += settle_line(line, waiting, peer)
    return Carried(messages=messages, answers=answers, files=files)


def _taken(lines: list[str]) -> Iterator[str]:
    for start in range(0, len(lines), BATCH):
        part = "".join(f"{line}\n" for line in lines[start : start + BATCH])
        yield from take_all(part.encode()).decode("ascii").splitlines()


def _bring_files(folder: Path) -> int:
    """Put the files of the folder where messages want them; return how many."""
    brought = 0
    for one in wanted():
        source = folder / "files" / hashlib.sha256(one.token.encode()).hexdigest()
        if source.is_file():
            shutil.copyfile(source, one.part)
            one.part.replace(one.here)
            one.note.unlink(missing_ok=True)
            brought += 1
    return brought
