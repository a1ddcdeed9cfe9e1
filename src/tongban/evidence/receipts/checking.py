"""The five checks of each entry of a receipt, in order."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tongban.evidence.core.checkpoint import Checkpoint
from tongban.evidence.core.faults import BadProof, BadSignature, Malformed
from tongban.evidence.core.keys import NoteKey, SuiteLookup
from tongban.evidence.core.policy import NONE, Policy, Verdict, evaluate, strength_of
from tongban.evidence.core.proof import LogProof
from tongban.evidence.core.tree import leaf_hash, verify_inclusion
from tongban.evidence.receipts import words
from tongban.evidence.receipts.container import Piece, Receipt, Unreadable
from tongban.evidence.receipts.report import Check, EntryReport, Report, Step
from tongban.evidence.rules import disclosure_digest, leaf_of, read_disclosure
from tongban.kernel.canonical import read_canonical
from tongban.kernel.suites import SuiteOff, suite

_LAST_YEAR = 253_402_300_800
"""Seconds of the year 10000, which no calendar here can write."""
_NOBODY = "—"


def check(data: bytes, policy: bytes | None = None, suites: SuiteLookup = suite) -> Report:
    """Check a receipt by the verifier's own policy, or else by the one that lies in it.

    Raises Unreadable for what is no receipt, or no policy.
    """
    receipt = Receipt.read(data)
    policies = receipt.policies if policy is None else (_own(policy),)
    entries = tuple(_entry(piece, policies, suites) for piece in receipt.pieces)
    _refuse_misfiled(entries)
    return Report(
        entries=entries,
        others=receipt.others,
        policy_given=policy is not None,
    )


def _refuse_misfiled(entries: Sequence[EntryReport]) -> None:
    """Refuse one entry that stands for two, and a name that says what the content doesn't."""
    read = [entry for entry in entries if entry.body]
    if len({entry.body["id"] for entry in read}) != len(read):
        message = "one entry stands in it twice"
        raise Unreadable(message)
    for entry in read:
        if entry.name.partition("-")[2] != entry.body["kind"]:
            message = f"entries/{entry.name} holds an entry of another kind"
            raise Unreadable(message)


def _own(policy: bytes) -> Policy:
    try:
        return Policy.parse(policy)
    except Malformed as fault:
        message = f"the policy can't be read: {fault}"
        raise Unreadable(message) from None


def _entry(piece: Piece, policies: Sequence[Policy], suites: SuiteLookup) -> EntryReport:
    body_check, body = _body(piece)
    fields_check, shown = _fields(piece, body)
    try:
        proof = LogProof.parse(piece.proof)
        checkpoint = Checkpoint.parse(proof.note.text)
    except Malformed:
        rest = (
            _say("included.unreadable"),
            _say("log.skipped"),
            _say("witnesses.skipped"),
        )
    else:
        rest = (
            _included(piece, proof, checkpoint),
            *_signatures(proof, checkpoint, policies, suites),
        )
    return EntryReport(
        name=piece.name, checks=(body_check, fields_check, *rest), body=body or {}, shown=shown
    )


def _say(reason: str, **fields: object) -> Check:
    outcome, text = words.REASONS[reason]
    return Check(
        step=Step(reason.partition(".")[0]),
        outcome=outcome,
        reason=reason,
        zh=text.zh.format(**fields),
        en=text.en.format(**fields),
    )


def _body(piece: Piece) -> tuple[Check, dict[str, Any] | None]:
    if leaf_of(piece.opening.salt, piece.opening.body) != piece.leaf:
        return _say("body.changed"), None
    try:
        body = read_canonical(piece.opening.body)
    except ValueError:
        return _say("body.unreadable"), None
    return (_say("body.good"), body) if _is_body(body) else (_say("body.unreadable"), None)


def _is_body(body: object) -> bool:
    if not isinstance(body, dict) or not isinstance(body.get("_sd"), list):
        return False
    texts = [body.get("id"), body.get("kind"), body.get("at"), *body["_sd"]]
    return all(isinstance(text, str) for text in texts)


def _fields(
    piece: Piece, body: Mapping[str, Any] | None
) -> tuple[Check, tuple[tuple[str, Any], ...]]:
    if body is None:
        return _say("fields.open"), ()
    disclosures = piece.opening.disclosures
    try:
        digests = set(map(disclosure_digest, disclosures))
        shown = tuple(map(read_disclosure, disclosures))
    except ValueError:
        return _say("fields.foreign"), ()
    recorded = set(body["_sd"])
    if not digests <= recorded or len(digests) != len(disclosures):
        return _say("fields.foreign"), ()
    kept = len(recorded) - len(digests)
    return _say("fields.good", shown=len(digests), kept=kept), shown


def _included(piece: Piece, proof: LogProof, checkpoint: Checkpoint) -> Check:
    try:
        verify_inclusion(
            leaf_hash(piece.leaf), proof.index, checkpoint.size, proof.hashes, checkpoint.root
        )
    except BadProof:
        return _say("included.bad")
    return _say("included.good", origin=checkpoint.origin, index=proof.index, size=checkpoint.size)


def _signatures(
    proof: LogProof, checkpoint: Checkpoint, policies: Sequence[Policy], suites: SuiteLookup
) -> tuple[Check, Check]:
    """Check the log's signature, then the witnesses': each by the part of the policy about it."""
    origin = checkpoint.origin
    policy = next((one for one in policies if _keys_of(one, origin)), None)
    if policy is None:
        return _say("log.unknown", origin=origin), _say("witnesses.skipped")
    verdict = _judged("log", lambda: evaluate(proof.note, Policy(policy.logs, ()), suites))
    if isinstance(verdict, Check):
        signed = {(one.name, one.key_id) for one in proof.note.signatures}
        if not any((key.name, key.key_id) in signed for key in _keys_of(policy, origin)):
            verdict = _say("log.missing", origin=origin)
        return verdict, _say("witnesses.skipped")
    log = _say("log.good", origin=origin, key=verdict.log.key_id.hex())
    verdict = _judged("witnesses", lambda: evaluate(proof.note, policy, suites))
    return log, verdict if isinstance(verdict, Check) else _witnesses(policy, verdict)


def _keys_of(policy: Policy, origin: str) -> list[NoteKey]:
    return [line.key for line in policy.logs if line.key.name == origin]


def _judged(step: str, judge: Callable[[], Verdict]) -> Verdict | Check:
    try:
        return judge()
    except SuiteOff as off:
        return _say(f"{step}.open", suite=off.suite)
    except (BadSignature, Malformed):
        return _say(f"{step}.forged")


def _witnesses(policy: Policy, verdict: Verdict) -> Check:
    names = [f"{line.name} ({_moment(signed.timestamp)})" for line, signed in verdict.cosigned]
    said = {"count": len(names), "names": ", ".join(names) or _NOBODY, "rule": _rule(policy)}
    if policy.quorum == NONE:
        return _say("witnesses.extra" if names else "witnesses.none", **said)
    checked = _say("witnesses.good" if verdict.quorum_reached else "witnesses.missed", **said)
    strength = strength_of(policy)
    text = words.STRENGTH[strength.split_needs > 0]
    numbers = {"split": strength.split_needs, "outages": strength.outages}
    return Check(
        step=checked.step,
        outcome=checked.outcome,
        reason=checked.reason,
        zh=checked.zh + text.zh.format(**numbers),
        en=f"{checked.en} {text.en.format(**numbers)}",
    )


def _rule(policy: Policy) -> str:
    """Return the quorum as ``2/3``; by its name where it counts groups."""
    names = {line.name for line in policy.witnesses}
    if policy.quorum in names:
        return "1/1"
    group = next((one for one in policy.groups if one.name == policy.quorum), None)
    if group is None or not names.issuperset(group.members):
        return policy.quorum
    return f"{group.threshold}/{len(group.members)}"


def _moment(seconds: int) -> str:
    if seconds >= _LAST_YEAR:
        return str(seconds)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
