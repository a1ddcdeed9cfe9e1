"""Idempotency keys are claimed and settled."""

from collections.abc import Mapping
from typing import Any

from tongban.kernel import clock
from tongban.work import errors
from tongban.work.fixed import cell_of, change
from tongban.work.models import IdempotencyKey

_INSERT_KEY = """
INSERT INTO work_idempotencykey (scope, "key", digest, created_at) VALUES (%s, %s, %s, %s)
ON CONFLICT (scope, "key") DO NOTHING
"""


def claim_key(*, scope: str, key: str, digest: bytes) -> dict[str, Any] | None:
    """Claim an idempotency key in the caller's transaction: None the first time, else the answer.

    ``scope`` says who sends (a person's, post's or system's id, and the verb); ``digest`` is a
    keyed digest of the request (at most 64 bytes). A second request that comes while the first
    is at work waits for its end. The answer is ``{}`` where the first one settled none.
    Raises ``errors.KeyReused`` if the key came with another digest. One statement the first
    time, two on a replay. Keys are kept for seven days.
    """
    if change(_INSERT_KEY, [scope, key, digest, cell_of(clock.now())]) == 1:
        return None
    known = IdempotencyKey.objects.get(scope=scope, key=key)
    if bytes(known.digest) != digest:
        raise errors.KeyReused
    return dict(known.answer or {})


def settle_key(*, scope: str, key: str, answer: Mapping[str, Any]) -> None:
    """Remember the answer of a claimed key, in the same transaction; ids only, no personal data.

    LookupError if the key was not claimed.
    """
    if not IdempotencyKey.objects.filter(scope=scope, key=key).update(answer=dict(answer)):
        message = f"no claimed key in the scope {scope!r}"
        raise LookupError(message)
