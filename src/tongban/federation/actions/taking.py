"""Messages of other nodes are taken: in the order of their lane, each once, each answered.

What an answer says is signed and kept with the message, and given again to whoever asks again. Only
``later``, ``gap``, ``failed`` and ``unfit`` are said without being kept: the sender comes again.
"""

from datetime import datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction

from tongban.federation import known
from tongban.federation.envelope import Opened, claimed, decrypt, digest_of, sign, verify
from tongban.federation.errors import (
    DataUnfit,
    EnvelopeUnfit,
    FileUnfit,
    KindUnknown,
    NumberTaken,
    SenderUnsure,
    VersionUnknown,
)
from tongban.federation.incoming import forget, received, waited_for
from tongban.federation.models import InMessage
from tongban.federation.rules import BATCH, kind_of
from tongban.federation.shapes import MESSAGE, MORE, REGISTRY, Handling, Message
from tongban.kernel import clock
from tongban.kernel.errors import Kind, Refusal
from tongban.kernel.ids import node_of
from tongban.kernel.validation import has_nul
from tongban.kernel.wire import plain
from tongban.vault import api as vault
from tongban.vault.errors import Tampered
from tongban.work import api as work

TABLE, COLUMN = "federation_inmessage", "sealed"
_MESSAGES = work.Write(InMessage)
_ONE = work.Read(InMessage, 1, lambda message_id: InMessage.objects.filter(pk=message_id))
_LAST = work.Read(
    InMessage,
    2,
    lambda sender, lane: (
        InMessage.objects.filter(sender=sender, lane=lane).order_by("-seq").values_list("seq")[:1]
    ),
)
_log = structlog.get_logger("tongban.federation")


def take_all(body: bytes) -> bytes:
    """Take the envelopes of a request, one a line; return as many answers, one a line."""
    lines = body.decode("ascii", errors="replace").removesuffix("\n").split("\n")[:BATCH]
    return "".join(f"{_answer_to(line)}\n" for line in lines).encode()


def _answer_to(line: str) -> str:
    """Return the signed answer to an envelope, whatever it is.

    What fails here without being a refusal is this node's own defect: it is told in the log,
    undone, and the sender comes again. No other message of the request waits for that.
    """
    signed = ""
    try:
        signed = decrypt(line)
        return take(_opened(signed))
    except Refusal as refusal:
        why = str(refusal.fields.get("why", ""))
        _log.warning("message_unfit", code=refusal.code, why=why)
        return _say("unfit", signed, code=refusal.code, why=why)
    except Exception:  # noqa: BLE001 - told with its trace; the sender comes again
        _log.exception("message_failed", message=digest_of(signed) if signed else "")
        return _say("failed", signed)


def _opened(signed: str) -> Opened:
    """Make sure that its sender signed it for this node; EnvelopeUnfit, PeerUnknown."""
    sender = known.peer(claimed(signed, "source"))
    try:
        event, at = verify(signed, sender)
    except SenderUnsure:
        known.ask_anew(sender.node)
        raise
    if event.get("recipient") != settings.NODE:
        raise EnvelopeUnfit(why="addressed to another node")
    if not MESSAGE.is_valid(event) or node_of(event["id"]) != sender.node:
        raise EnvelopeUnfit(why="not of the form of a message")
    return Opened(event=event, signed=signed, at=at)


def take(opened: Opened) -> str:
    """Take a message whose sender is sure; return the signed answer."""
    try:
        with transaction.atomic():
            return _take(opened)
    except IntegrityError:  # a message came twice at once, or two with one number: look again
        with transaction.atomic():
            return _take(opened)


def _take(opened: Opened) -> str:
    event = opened.event
    # The lane before the message: whoever sees its number taken sees by whom, on PostgreSQL too.
    (last,) = _LAST.row(event["source"], event["subject"]) or (0,)
    held = _ONE.instance(event["id"])
    if held is not None:
        if claimed(held.answer, "message") != digest_of(opened.signed):
            raise NumberTaken(seq=event["seq"])
        return held.answer
    if event["seq"] <= last:
        raise NumberTaken(seq=event["seq"])
    if event["seq"] > last + 1:
        return _say("gap", opened.signed, expected=last + 1)
    try:
        if missing := waited_for(event["id"], event["data"]["files"]):
            return _say("later", opened.signed, files=missing)
        refusal = _handle(opened)
    except FileUnfit as unfit:
        refusal = unfit
    code = "" if refusal is None else refusal.code
    answer = _settled(opened, refusal)
    row = taken_row(event, opened.signed, answer=answer, code=code, at=clock.now())
    _MESSAGES.insert(InMessage(**row))
    transaction.on_commit(lambda: forget(event["id"]))
    return answer


def taken_row(
    event: dict[str, Any], signed: str, *, answer: str, code: str, at: datetime
) -> dict[str, Any]:
    """Return the columns of a message that was taken, or refused with a code."""
    return {
        "id": event["id"],
        "sender": event["source"],
        "lane": event["subject"],
        "seq": event["seq"],
        "kind": kind_of(event["type"])[0],
        "sealed": vault.seal_text(
            key=vault.node_key("federation"),
            table=TABLE,
            row=event["id"],
            column=COLUMN,
            clear=signed,
        ),
        "received_at": at,
        "taken": not code,
        "code": code,
        "answer": answer,
    }


def unseal_taken(row: InMessage) -> str:
    """Return a message as its sender signed it."""
    return vault.unseal_text(
        key=vault.node_key("federation"),
        table=TABLE,
        row=row.id,
        column=COLUMN,
        sealed=bytes(row.sealed),
    )


def _settled(opened: Opened, refusal: Refusal | None) -> str:
    """Return the answer that is kept; of what isn't known it names what is."""
    if refusal is None:
        return _say("taken", opened.signed, code="")
    more: dict[str, Any] = {}
    if isinstance(refusal, KindUnknown | VersionUnknown):
        kind = None if isinstance(refusal, KindUnknown) else kind_of(opened.event["type"])[0]
        more["understands"] = REGISTRY.types(kind)
    return _say("refused", opened.signed, code=refusal.code, **more)


def _handle(opened: Opened) -> Refusal | None:
    """Let the message take effect; return what refused it, without effect.

    What isn't of the form that its kind states is the sender's fault and refused. Any other
    exception is ours, and so is what this node can't do just now: the message waits.
    """
    event = opened.event
    kind, version = kind_of(event["type"])
    tried: Handling | None = None
    try:
        with transaction.atomic():
            handling = _handling(kind, version)
            fits = handling.form is None or handling.form.is_valid(event["data"]["body"])
            if not fits or has_nul(event["data"]):
                raise DataUnfit
            tried = handling
            handling.take(_message(event, opened.at))
    except Refusal as refusal:
        if refusal.kind is Kind.UNAVAILABLE and not isinstance(refusal, Tampered):
            raise RuntimeError(refusal.code) from refusal
        _log.warning("message_refused", code=refusal.code, kind=kind, id=event["id"])
        if tried is not None and tried.refused is not None:
            tried.refused(_message(event, opened.at), refusal.code)
        return refusal
    return None


def _handling(kind: str, version: int) -> Handling:
    known = REGISTRY.kinds.get(kind)
    if known is None or version == 0:
        raise KindUnknown(kind=kind, known=", ".join(REGISTRY.types()))
    if version not in known.versions:
        raise VersionUnknown(kind=kind, version=version, known=", ".join(REGISTRY.types(kind)))
    return known.versions[version]


def _message(event: dict[str, Any], at: datetime) -> Message:
    kind, version = kind_of(event["type"])
    return Message(
        id=event["id"],
        sender=event["source"],
        kind=kind,
        lane=event["subject"],
        seq=event["seq"],
        at=at,
        data=event["data"]["body"],
        files=tuple(received(event["id"], one) for one in event["data"]["files"]),
        version=version,
        more=event["data"].get(MORE, {}),
    )


def _say(outcome: str, signed: str, **more: Any) -> str:  # noqa: ANN401 - JSON
    return sign(
        {
            "time": plain(clock.now()),
            "by": settings.NODE,
            "message": digest_of(signed) if signed else "",
            "outcome": outcome,
            **more,
        }
    )
