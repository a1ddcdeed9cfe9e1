"""What ``tongban verify`` looks at: each room's own check, and what counts as damage."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tongban.cases import api as cases
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.vault import api as vault
from tongban.work import api as work


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that a check tells: ``damage``, or merely worth knowing."""

    what: str
    damage: bool


@dataclass(frozen=True, slots=True)
class Check:
    """A room's check: what it looks at, and the function that tells what it finds."""

    name: str
    function: Callable[[], Iterator[Found]]


def _key_files() -> Iterator[Found]:
    try:
        vault.check_key_files()
    except RuntimeError as error:  # the vault's KeyFilesError: its text is for the operator
        yield Found(str(error), damage=True)


def _entries() -> Iterator[Found]:
    """Check every entry; no damage is one whose person was erased, nor an odd moment."""
    for one in evidence.check_entries(keys=vault.keys_by_id):
        yield Found(f"entry {one.entry_id} ({one.kind}): {one.flaw}", damage=one.flaw.is_damage)


def _erased() -> Iterator[Found]:
    for what in identity.check_erasures():
        yield Found(f"{what}: run tongban erase --replay", damage=True)


def _log() -> Iterator[Found]:
    """Check the log; a backlog is no damage, but someone must look why."""
    for what in evidence.check_log():
        yield Found(what, damage=True)
    found = evidence.status()
    if found.is_behind and found.waiting:
        yield Found(
            f"{found.waiting} entries wait for the log, the oldest for "
            f"{found.oldest_age_s:.0f} s: `tongban evidence status` says why",
            damage=False,
        )


def _cases() -> Iterator[Found]:
    for one in cases.check_cases():
        yield Found(f"case {one.case_id}: {one.what}", damage=True)


def _custody() -> Iterator[Found]:
    for one in delivery.check_custody():
        yield Found(f"paper {one.item_id}: {one.what}", damage=True)


def _jobs() -> Iterator[Found]:
    """Tell each job that was given up: no damage, but someone must look why."""
    for one in work.dead_letters():
        yield Found(
            f"job {one.id} ({one.name}) was given up after {one.attempts} attempts: "
            f"{one.last_error}; try again with tongban worker --revive {one.id}",
            damage=False,
        )


def _messages() -> Iterator[Found]:
    """Tell each message to another node that was given up: someone must look why."""
    for one in federation.letters():
        yield Found(
            f"message {one.id} ({one.kind}) to {one.to} was given up: {one.trouble}; try again "
            f"with tongban node letters --revive {one.id}",
            damage=False,
        )


def _witnesses() -> Iterator[Found]:
    """Tell what a witness or a monitor found; a fork is damage until its folder is moved away."""
    try:
        evidence.check_witness()
    except evidence.WitnessUnfit as unfit:
        yield Found(f"this node can't witness: {unfit}", damage=evidence.is_witness())
    for one in sorted(evidence.alarms(), key=lambda alarm: not alarm.is_damage):
        yield Found(
            f"{one.kind} of the log {one.origin!r} at {one.at}: compare {one.held} and {one.shown}",
            damage=one.is_damage,
        )


CHECKS = (
    Check("key files", _key_files),
    Check("evidence entries", _entries),
    Check("erased people", _erased),
    Check("evidence log", _log),
    Check("cases and their events", _cases),
    Check("papers in custody", _custody),
    Check("witnesses", _witnesses),
    Check("messages to other nodes", _messages),
    Check("jobs", _jobs),
)
