"""Canonical JSON: one byte string for one value, so that it can be hashed and signed.

RFC 8785 (JSON Canonicalization Scheme) over a smaller set of values: no floats, because a sum of
money or a count never needs one and because their writing is what implementations get wrong.

>>> canonical_bytes({"b": [1, True, None], "a": "是"}).decode()
'{"a":"是","b":[1,true,null]}'
"""

import json
from collections.abc import Callable, Iterable
from json import encoder
from typing import Any

LARGEST_INTEGER = 2**53 - 1
"""Largest magnitude that every JSON reader keeps exactly (RFC 7493 section 2.2)."""


_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
_NEITHER = (False, False)  # skip keys that are no texts; write NaN
_SORTED: Callable[[object, int], tuple[str, ...]] = encoder.c_make_encoder(  # type: ignore[attr-defined] # unknown to the stubs
    *(None, None, encoder.encode_basestring, None, ":", ",", True), *_NEITHER
)
"""The same in C, its keys sorted: json makes one anew for each value, which takes twice its work.

No cycle is looked for and nothing is converted, so only what ``_is_plain`` is given to it.
"""


def canonical_bytes(value: object) -> bytes:
    """Return the canonical UTF-8 bytes of ``value``.

    Takes dict (text keys), list, str, int, bool and None. TypeError for anything else, floats and
    tuples included; ValueError for an integer beyond ``LARGEST_INTEGER`` and for text with half a
    surrogate pair, which has no UTF-8 form. Text isn't normalised: NFC is the caller's work.
    """
    # Nearly all that we write is plain, and then json itself puts the keys in order.
    if _is_plain(value):
        return "".join(_SORTED(value, 0)).encode("utf-8")
    return _WRITER.encode(_ordered(value)).encode("utf-8")


DEEPEST = 64
"""Lists and objects within one another, at most, in what is read."""


def read_canonical(raw: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value that these are the canonical bytes of; ValueError for all other bytes.

    So a stranger's bytes have one meaning, whoever reads them; none is nested beyond ``DEEPEST``.
    """
    try:
        value = json.loads(raw)
        if _is_deep(value) or canonical_bytes(value) != raw:
            message = "not canonical JSON, or nested too deeply"
            raise ValueError(message)
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return value


def _is_deep(value: object) -> bool:
    held = [value]
    for _ in range(DEEPEST):
        held = [part for one in held for part in _parts(one)]
    return any(isinstance(one, dict | list) for one in held)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _is_plain(value: Any) -> bool:  # noqa: ANN401, PLR0911 - any value; the sooner, the better
    """Tell whether ``value`` may be written as it is, its keys in the order of their characters.

    Loops, since this is asked of every part of all that is signed, sealed or hashed: ``all`` takes
    twice the time.
    """
    kind = type(value)
    if kind is dict:
        if not _are_ascii(value):
            return False
        for part in value.values():  # noqa: SIM110 - see above
            if type(part) is not str and not _is_plain(part):
                return False
        return True
    if kind is list:
        for part in value:  # noqa: SIM110 - see above
            if type(part) is not str and not _is_plain(part):
                return False
        return True
    if kind is int:
        return bool(-LARGEST_INTEGER <= value <= LARGEST_INTEGER)
    return kind is str or kind is bool or value is None


def _ordered(value: object) -> object:
    """Check ``value`` and put the keys of its objects in the order of RFC 8785 section 3.2.3."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, dict):
        # ASCII keys, which ours nearly always are, sort as they are. Most values are texts.
        order = sorted(value) if _are_ascii(value) else sorted(value, key=_utf16)
        return {key: part if type(part := value[key]) is str else _ordered(part) for key in order}
    if isinstance(value, list):
        return [part if type(part) is str else _ordered(part) for part in value]
    if isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            message = "an integer beyond 2**53 - 1 is not kept exactly by every reader"
            raise ValueError(message)
        return value
    message = f"not a value of canonical JSON: {type(value).__name__}"
    raise TypeError(message)


def _are_ascii(keys: Iterable[str]) -> bool:
    """Tell whether all keys are ASCII; TypeError if one is no text."""
    return "".join(keys).isascii()


def _utf16(key: object) -> bytes:
    """Return a sort key: keys compare by UTF-16 code units, not by code points."""
    if not isinstance(key, str):
        message = f"a key must be text, not {type(key).__name__}"
        raise TypeError(message)
    return key.encode("utf-16-be")
