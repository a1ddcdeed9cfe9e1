"""The two files in which an operator says whom this node works with.

``HOME/witness/logs`` lists the logs that it witnesses: one verifier key a line, ``#`` begins a
comment. ``HOME/log/policy`` is the tlog-policy file whose witnesses its own log asks. Both are
read each time, so that a change counts at once; where one is absent there is nobody.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings

from tongban.evidence.core.faults import Malformed
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.core.policy import MAX_POLICY, Policy
from tongban.kernel.suites import suite


def witness_folder() -> Path:
    """Return where the witness keeps its store and its alarms."""
    return Path(settings.HOME) / "witness"


def is_witness() -> bool:
    """Tell whether the operator has made this node a witness: the file is there, even if empty."""
    return (witness_folder() / "logs").exists()


def witnessed_keys() -> tuple[NoteKey, ...]:
    """Return the keys of the logs that this node witnesses; Malformed names the line."""
    path = witness_folder() / "logs"
    keys = []
    for number, line in enumerate(read(path).decode("utf-8", "replace").split("\n"), 1):
        vkey = line.strip()
        if not vkey or vkey.startswith("#"):
            continue
        try:
            key = _log_key(vkey)
        except Malformed as fault:
            message = f"{path.name}, line {number}: {fault}"
            raise Malformed(message) from None
        keys.append(key)
    return tuple(keys)


def policy() -> Policy | None:
    """Return the policy of this node's log, None where there is none; Malformed names the line."""
    data = read(Path(settings.HOME) / "log" / "policy")
    return Policy.parse(data) if data else None


def by_origin(keys: Iterable[NoteKey]) -> dict[str, Verifiers]:
    """Return what checks the signatures of each origin: a key's name is its log's origin."""
    found = defaultdict(list)
    for key in keys:
        found[key.name].append(key)
    return {origin: Verifiers(own, suite) for origin, own in found.items()}


def _log_key(vkey: str) -> NoteKey:
    key = NoteKey.parse(vkey)
    if not key.algorithm.value.for_log:
        message = "a key that only witnesses sign with"
        raise Malformed(message)
    return key


def read(path: Path) -> bytes:
    """Return what one of the two files holds, b"" where it is absent; Malformed if too long."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_POLICY + 1)
    except FileNotFoundError:
        return b""
    if len(data) > MAX_POLICY:
        message = f"{path.name} has more than {MAX_POLICY} bytes"
        raise Malformed(message)
    return data
