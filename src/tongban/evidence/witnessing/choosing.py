"""The operator chooses who witnesses this node's log: a policy is proposed, then written.

Only a policy of the form *any k of these n* is changed here; one with groups is the operator's own
text. What the operator got from others is judged before anything is written.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.policy import (
    NONE,
    Group,
    Policy,
    Strength,
    WitnessLine,
    default_quorum,
    strength_of,
)
from tongban.evidence.shards import log_folder
from tongban.evidence.tilefiles import TileFiles
from tongban.evidence.witnessing import known, store
from tongban.evidence.witnessing.calls import check_url
from tongban.evidence.witnessing.identity import own_name

_GIVEN = re.compile(r"(?P<name>[^=+]+)=(?P<vkey>[^+]*\+[^+]*\+[^@]*)@(?P<url>.+)")
_GROUP = "witnesses"
_FILE = "policy"


class PolicyUnfit(ValueError):  # noqa: N818 - a state of what was given, said in one sentence
    """These witnesses, or this quorum, can't stand; the text says why. Nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A policy file as it stands, ``before``, and as it would stand, ``after``; empty for none.

    ``needed`` is the k of any k of the ``witnesses``, None where the file asks for groups.
    """

    before: bytes
    after: bytes
    witnesses: tuple[WitnessLine, ...]
    needed: int | None
    strength: Strength


def propose_policy(
    *, add: Sequence[str] = (), remove: Sequence[str] = (), quorum: int | None = None
) -> Proposal:
    """Return what the policy would be: those removed by name, then those added, then the quorum.

    An added one is ``NAME=VKEY@URL``. ``quorum`` is by default that of ``default_quorum`` where
    anybody comes or goes; with nothing asked for, the policy stands as it is. PolicyUnfit for
    what can't be, and for a file that can't be read.
    """
    before = _read()
    try:
        policy = Policy.parse(before) if before else Policy((), ())
        if add or remove or quorum is not None:
            policy = _changed(policy, add, remove, quorum)
            _check_each_counts_once(policy.witnesses)
            after = policy.data if policy.witnesses or policy.logs else b""
        else:
            after = before
    except Malformed as fault:
        message = f"log/policy: {fault}"
        raise PolicyUnfit(message) from None
    return Proposal(
        before=before,
        after=after,
        witnesses=policy.witnesses,
        needed=policy.needed,
        strength=strength_of(policy),
    )


def adopt_policy(proposal: Proposal) -> None:
    """Write it, whole; the sequencer goes by it from its next turn on and enters the change.

    PolicyUnfit where the file has changed since it was proposed.
    """
    if _read() != proposal.before:
        message = "log/policy was changed meanwhile: look at it again"
        raise PolicyUnfit(message)
    if proposal.after:
        TileFiles(log_folder()).publish(_FILE, proposal.after)
    else:
        (log_folder() / _FILE).unlink(missing_ok=True)


def _changed(
    policy: Policy, add: Iterable[str], remove: Iterable[str], quorum: int | None
) -> Policy:
    if policy.needed is None:
        message = "it asks for groups of witnesses: edit the file, then look at it with this"
        raise Malformed(message)
    lines = {line.name: line for line in policy.witnesses}
    for name in remove:
        if lines.pop(name, None) is None:
            message = f"it names no witness {name!r}"
            raise Malformed(message)
    for given in add:
        line = _line(given)
        if line.name in lines:
            message = f"{line.name!r} is there already: --remove it in the same command"
            raise Malformed(message)
        lines[line.name] = line
    count = len(lines)
    needed = default_quorum(count) if quorum is None else quorum
    if quorum is not None and not 1 <= quorum <= count:
        message = f"the quorum {quorum} isn't from 1 to {count}, as many as there are witnesses"
        raise Malformed(message)
    witnesses = tuple(lines.values())
    if needed == 0:
        return Policy(policy.logs, (), (), NONE)
    group = Group(_GROUP, needed, tuple(lines))
    return Policy(policy.logs, witnesses, (group,), _GROUP)


def _line(given: str) -> WitnessLine:
    match = _GIVEN.fullmatch(given)
    if match is None:
        message = f"a witness is given as NAME=VKEY@URL, not {given[:80]!r}"
        raise Malformed(message)
    key = NoteKey.parse(match["vkey"])
    check_url(match["url"])
    if key.name == own_name() or key.vkey == _own_vkey():
        message = f"{match['name']!r} is this node itself: it is no witness of its own log"
        raise Malformed(message)
    return WitnessLine(match["name"], key, match["url"].rstrip("/"))


def _own_vkey() -> str | None:
    """Return this node's witness key where it has one; it is told by its name too."""
    with store.reading() as memory:
        return memory.vkey()


def _check_each_counts_once(witnesses: Sequence[WitnessLine]) -> None:
    """Refuse who would count twice; one public key under two names the policy itself refuses."""
    for what, of in (
        ("the witness", [line.key.name for line in witnesses]),
        ("the address", [line.url for line in witnesses if line.url is not None]),
    ):
        twice = next((one for one in of if of.count(one) > 1), None)
        if twice is not None:
            message = f"{what} {twice} stands there under two names, and would count twice"
            raise Malformed(message)


def _read() -> bytes:
    try:
        return known.read(Path(settings.HOME) / "log" / _FILE)
    except Malformed as fault:
        raise PolicyUnfit(str(fault)) from None
