"""Trust policies (C2SP tlog-policy): which logs, which witnesses, and how many of them.

A witness counts once, whatever names it signs under; the log's own key never counts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadSignature, Malformed
from tongban.evidence.core.keys import NoteKey, SuiteLookup
from tongban.evidence.core.note import Note, Signed, Verifiers, open_note
from tongban.evidence.core.text import read_number

MAX_POLICY = 1 << 20
"""Bytes of a policy file at most."""
NONE = "none"
"""The quorum of a policy that asks for no cosignature."""

_WORD = re.compile("[^ \t]+")
_SOUND_WORD = re.compile("[^\x00-\x20\x7f]+")
_FORBIDDEN = re.compile(b"[\x00-\x08\x0b-\x1f\x7f]")
_FILE_ENCODING = ("utf-8", "surrogateescape")  # octets above 0x7F are opaque


class LogLine(NamedTuple):
    """A log that is accepted; the key's name is the log's origin."""

    key: NoteKey
    url: str | None = None

    @property
    def words(self) -> list[str]:
        """The words of its line in the file."""
        return ["log", self.key.vkey, *_optional(self.url)]


class WitnessLine(NamedTuple):
    """A witness; ``name`` is what the policy calls it."""

    name: str
    key: NoteKey
    url: str | None = None

    @property
    def words(self) -> list[str]:
        """The words of its line in the file."""
        return ["witness", self.name, self.key.vkey, *_optional(self.url)]


class Group(NamedTuple):
    """Counts as having cosigned when ``threshold`` of its members did."""

    name: str
    threshold: int
    members: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """The words of its line in the file."""
        return ["group", self.name, str(self.threshold), *self.members]


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy: logs, witnesses, groups in the order of their definition, and the quorum's name.

    Raises Malformed unless it obeys tlog-policy, Policy file syntax and structure.
    """

    logs: tuple[LogLine, ...]
    witnesses: tuple[WitnessLine, ...]
    groups: tuple[Group, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        """Check names, keys, thresholds and membership."""
        for keys in ([line.key for line in self.logs], [line.key for line in self.witnesses]):
            if len({key.public for key in keys}) != len(keys):
                message = "two log lines, or two witness lines, have one public key"
                raise Malformed(message)
        if not all(line.key.algorithm.value.for_log for line in self.logs):
            message = "a log's key has a type that only witnesses sign with"
            raise Malformed(message)
        if not all(line.key.algorithm.value.for_witness for line in self.witnesses):
            message = "a witness's key has a type that only logs sign with"
            raise Malformed(message)
        self._check_names()

    def _check_names(self) -> None:
        free: set[str] = set()
        defined = {NONE}
        lines: list[WitnessLine | Group] = [*self.witnesses, *self.groups]
        for line in lines:
            if line.name in defined:
                message = f"defined twice: {line.name!r}"
                raise Malformed(message)
            if isinstance(line, Group):
                if not 0 < line.threshold <= len(line.members):
                    message = f"group {line.name!r} can't have the threshold {line.threshold}"
                    raise Malformed(message)
                for member in line.members:
                    if member not in free:
                        message = f"not defined before, or a member already: {member!r}"
                        raise Malformed(message)
                    free.remove(member)
            free.add(line.name)
            defined.add(line.name)
        if self.quorum not in defined:
            message = f"the quorum isn't defined: {self.quorum!r}"
            raise Malformed(message)

    @classmethod
    def k_of_n(
        cls, logs: Iterable[NoteKey], witnesses: Sequence[NoteKey], quorum: int | None = None
    ) -> Self:
        """Return the policy of any ``quorum`` of these witnesses, by default ``default_quorum``."""
        lines = tuple(WitnessLine(key.name, key) for key in witnesses)
        count = default_quorum(len(witnesses)) if quorum is None else quorum
        log_lines = tuple(map(LogLine, logs))
        if count == 0:
            return cls(log_lines, lines)
        group = Group("witnesses", count, tuple(line.name for line in lines))
        return cls(log_lines, lines, (group,), group.name)

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a policy file; Malformed, with the line, for any departure from tlog-policy."""
        if len(data) > MAX_POLICY or not data.endswith(b"\n") or _FORBIDDEN.search(data):
            message = f"a policy has at most {MAX_POLICY} bytes, whole lines, no control characters"
            raise Malformed(message)
        reader = _Reader()
        for number, line in enumerate(data.decode(*_FILE_ENCODING).split("\n"), 1):
            words = _WORD.findall(line)
            if words and not words[0].startswith("#"):
                try:
                    reader.take(words)
                except Malformed as fault:
                    message = f"line {number}: {fault}"
                    raise Malformed(message) from None
        if len(reader.quorums) != 1:
            message = f"a policy has one quorum line, not {len(reader.quorums)}"
            raise Malformed(message)
        return cls(
            tuple(reader.logs), tuple(reader.witnesses), tuple(reader.groups), reader.quorums[0]
        )

    def is_met_by(self, witnesses: Iterable[str]) -> bool:
        """Tell whether the quorum is reached where these witnesses, by their names, cosigned."""
        met = {NONE, *witnesses}
        for group in self.groups:
            if len(met.intersection(group.members)) >= group.threshold:
                met.add(group.name)
        return self.quorum in met

    @property
    def needed(self) -> int | None:
        """The k where the quorum is any k of all its witnesses, 0 for none; else None."""
        names = [line.name for line in self.witnesses]
        if self.quorum == NONE:
            return 0
        if [self.quorum] == names:
            return 1
        named = [group for group in self.groups if group.name == self.quorum]
        if len(named) == 1 and set(named[0].members) == set(names):
            return named[0].threshold
        return None

    @property
    def data(self) -> bytes:
        """The policy as a file, without comments; Malformed if a name or address can't stand."""
        parts: list[LogLine | WitnessLine | Group] = [*self.logs, *self.witnesses, *self.groups]
        lines = [*(part.words for part in parts), ["quorum", self.quorum]]
        for word in (word for words in lines for word in words):
            if _SOUND_WORD.fullmatch(word) is None:
                message = f"not a word of a policy file: {word!r}"
                raise Malformed(message)
        return "".join(f"{' '.join(words)}\n" for words in lines).encode(*_FILE_ENCODING)


class Verdict(NamedTuple):
    """What a policy says of a checkpoint: whose it is, who cosigned, and whether they suffice."""

    checkpoint: Checkpoint
    log: NoteKey
    cosigned: tuple[tuple[WitnessLine, Signed], ...]
    quorum_reached: bool


def evaluate(note: Note, policy: Policy, suites: SuiteLookup) -> Verdict:
    """Check a cosigned checkpoint against a policy.

    Raises Malformed for a text that is no checkpoint, BadSignature for a bad signature of any
    key of the policy, and where no log of the policy signed under its own origin. A cosignature
    without a time doesn't count: tlog-witness forbids a witness to give one.
    """
    checkpoint = Checkpoint.parse(note.text)
    keys = [line.key for line in policy.logs] + [line.key for line in policy.witnesses]
    signed = {one.key: one for one in open_note(note, Verifiers(keys, suites)).signed}
    own = [line.key for line in policy.logs if line.key.name == checkpoint.origin]
    log = next((key for key in own if key in signed), None)
    if log is None:
        message = f"not signed by a log of the policy with the origin {checkpoint.origin[:80]!r}"
        raise BadSignature(message)
    own_publics = {key.public for key in own}
    cosigned = tuple(
        (line, signed[line.key])
        for line in policy.witnesses
        if line.key in signed
        and signed[line.key].timestamp > 0
        and line.key.public not in own_publics
    )
    return Verdict(checkpoint, log, cosigned, policy.is_met_by(line.name for line, _ in cosigned))


def default_quorum(witnesses: int) -> int:
    """Return n - floor((n - 1) / 3): 3 of 3, 3 of 4, 4 of 5; 0 of 0."""
    return witnesses - (witnesses - 1) // 3 if witnesses else 0


class Strength(NamedTuple):
    """What a quorum is good for.

    For two views of one size, each with a quorum, ``split_needs`` witnesses must collude with the
    log; for any q of n that is 2q - n, never below 0. ``colluders`` is how many are withstood,
    one less. ``outages`` witnesses may be away, and checkpoints still reach the quorum.
    """

    split_needs: int
    colluders: int
    outages: int


def withstands(witnesses: int, quorum: int) -> Strength:
    """Return what a quorum is good for; Malformed unless 0 <= quorum <= witnesses."""
    if not 0 <= quorum <= witnesses:
        message = f"{quorum} of {witnesses} is no quorum"
        raise Malformed(message)
    split_needs = max(2 * quorum - witnesses, 0)
    return Strength(split_needs, max(split_needs - 1, 0), witnesses - quorum)


def strength_of(policy: Policy) -> Strength:
    """Return what a policy's quorum is good for, groups of groups included.

    Two quorums of a group have at least 2t - n members in common, the cheapest to collude with
    in the worst case; n - t + 1 members away deny it its threshold. A member belongs to one group.
    """
    split = {NONE: 0} | {line.name: 1 for line in policy.witnesses}
    denied = {NONE: len(policy.witnesses) + 1} | {line.name: 1 for line in policy.witnesses}
    for group in policy.groups:
        shared = max(2 * group.threshold - len(group.members), 0)
        away = len(group.members) - group.threshold + 1
        split[group.name] = sum(sorted(split[name] for name in group.members)[:shared])
        denied[group.name] = sum(sorted(denied[name] for name in group.members)[:away])
    needed = split[policy.quorum]
    return Strength(needed, max(needed - 1, 0), denied[policy.quorum] - 1)


class _Reader:
    """Takes the lines of a file in their order."""

    def __init__(self) -> None:
        self.logs: list[LogLine] = []
        self.witnesses: list[WitnessLine] = []
        self.groups: list[Group] = []
        self.quorums: list[str] = []
        self._defined = {NONE}

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                self.logs.append(LogLine(NoteKey.parse(vkey), *words[2:]))
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                self.witnesses.append(WitnessLine(name, NoteKey.parse(vkey), *words[3:]))
                self._defined.add(name)
            case ["group", name, threshold, _, *_]:
                members = tuple(words[3:])
                counts = {"any": 1, "all": len(members)}
                self._known(members)
                self.groups.append(
                    Group(name, counts.get(threshold) or read_number(threshold), members)
                )
                self._defined.add(name)
            case ["quorum", name]:
                self._known([name])
                self.quorums.append(name)
            case _:
                message = f"not a line of a policy: {' '.join(words)[:80]!r}"
                raise Malformed(message)

    def _known(self, names: Iterable[str]) -> None:
        for name in names:
            if name not in self._defined:
                message = f"not defined before: {name!r}"
                raise Malformed(message)


def _optional(url: str | None) -> list[str]:
    return [] if url is None else [url]
