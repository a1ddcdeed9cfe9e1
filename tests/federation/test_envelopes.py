"""Envelopes: only their receiver opens them, only what their sender signed comes out of them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.util import urlsafe_b64decode, urlsafe_b64encode

from federation.conftest import NOW
from federation.other_node import OtherNode, flipped, new_keys
from federation.test_documents import spelt
from tongban.federation import api as federation
from tongban.federation import keys, known
from tongban.federation.envelope import _ROOMY, decrypt, encrypt, sign, verify
from tongban.federation.errors import EnvelopeUnfit, SenderUnsure
from tongban.federation.rules import MOST_DATA, MOST_ENVELOPE
from tongban.federation.signing import read
from tongban.kernel import clock
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.wire import plain

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
same_home = examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def why(text: str, by: OtherNode) -> str:
    with pytest.raises(EnvelopeUnfit) as caught:
        verify(text, by.document)
    return str(caught.value.fields["why"])


def not_opened(line: str) -> str:
    with pytest.raises(EnvelopeUnfit) as caught:
        decrypt(line)
    return str(caught.value.fields["why"])


def test_what_was_signed_and_encrypted_comes_out(hebei: OtherNode) -> None:
    event = hebei.event()
    signed = hebei.sign(event)
    assert decrypt(hebei.envelope(signed)) == signed
    assert verify(signed, hebei.document) == (event, NOW)
    assert hebei.envelope(signed) != hebei.envelope(signed)


def test_anyone_with_the_rfcs_reads_what_this_node_signs(beijing: federation.Document) -> None:
    head, body, signature = sign({"time": plain(NOW), "说": "好"}).split(".")
    jwk = next(key.jwk for key in beijing.keys if key.use == "sig")
    public = Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(jwk["x"].encode()))
    public.verify(urlsafe_b64decode(signature.encode()), f"{head}.{body}".encode())
    assert json.loads(urlsafe_b64decode(body.encode())) == {"time": plain(NOW), "说": "好"}


def test_the_largest_message_fits(hebei: OtherNode) -> None:
    event = hebei.event(body={"text": "文" * (MOST_DATA // 3 - 10)})
    assert MOST_DATA - 30 < len(canonical_bytes(event["data"]["body"])) <= MOST_DATA
    envelope = hebei.envelope(event)
    assert len(envelope) < MOST_ENVELOPE
    assert verify(decrypt(envelope), hebei.document)[0] == event


def test_what_is_for_another_node_stays_closed(hebei: OtherNode) -> None:
    signed = hebei.sign(hebei.event())
    assert not_opened(encrypt(signed, hebei.document)) == (
        "encrypted to a key that this node hasn't"
    )


def test_another_nodes_signature_is_not_the_senders(hebei: OtherNode) -> None:
    other = OtherNode("tianjin", ["120000"])
    unsure = "signed by a key that is not in force"
    assert why(other.sign(hebei.event()), hebei) == unsure
    claims = {**other.held[0], "kid": hebei.held[0]["kid"]}
    assert why(hebei.sign(hebei.event(), claims), hebei) == "its signature doesn't hold"
    [*_, box] = hebei.held  # the key to encrypt to signs nothing
    claims = {**other.held[0], "kid": box["kid"]}
    assert why(hebei.sign(hebei.event(), claims), hebei) == unsure


@pytest.mark.parametrize(
    ("minutes", "error"), [(9, None), (11, "signed in the future: compare the clocks")]
)
def test_clocks_lie_ten_minutes_apart_at_most(
    hebei: OtherNode, minutes: int, error: str | None
) -> None:
    ahead = NOW + timedelta(minutes=minutes)
    signed = hebei.sign(hebei.event(time=plain(ahead)))
    if error is None:
        assert verify(signed, hebei.document)[1] == ahead
    else:
        assert why(signed, hebei) == error


def test_a_key_signs_nothing_beyond_its_days(beijing: federation.Document) -> None:
    days = {"since": plain(NOW - timedelta(days=9)), "until": plain(NOW + timedelta(days=1))}
    hebei = OtherNode("hebei", ["130000"], held=new_keys(**days)).trusted()
    late = hebei.sign(hebei.event(time=plain(NOW + timedelta(days=1, minutes=11))))
    good = hebei.sign(hebei.event())
    early = hebei.sign(hebei.event(time=plain(NOW - timedelta(days=9, minutes=11))))
    with clock.held_at(NOW + timedelta(days=30)):
        assert verify(good, hebei.document)[1] == NOW  # a message may come late
        for signed in (late, early):
            with pytest.raises(SenderUnsure):
                verify(signed, hebei.document)


def test_after_a_change_of_keys_old_and_new_are_read(hebei: OtherNode) -> None:
    before = hebei.envelope(hebei.sign(hebei.event()))
    own_word = sign({"time": plain(NOW)})
    old = known.own()
    assert old is not None
    with clock.held_at(NOW + timedelta(days=1)):
        made = federation.rotate()
        assert verify(decrypt(before), hebei.document)[1] == NOW
        assert verify(own_word, made)[1] == NOW
        new_word = sign({"time": plain(clock.now())})
        assert verify(new_word, made)[1] == clock.now()
        with pytest.raises(SenderUnsure):
            verify(new_word, old)
        head = json.loads(urlsafe_b64decode(hebei.envelope(hebei.event()).split(".")[0].encode()))
        assert head["kid"] == keys.read()[1]["kid"]
        newest = made.box(clock.now())
        assert newest is not None
        assert newest.kid == keys.read()[1]["kid"]


def test_no_envelope_goes_to_a_node_without_a_key(beijing: federation.Document) -> None:
    with pytest.raises(EnvelopeUnfit) as caught:
        encrypt("x", OtherNode("hebei", [], held=new_keys()[:1]).document)
    assert caught.value.fields["why"] == "hebei states no key to encrypt to"


def test_another_spelling_is_not_the_message(hebei: OtherNode) -> None:
    header = canonical_bytes({"alg": "Ed25519", "kid": hebei.held[0]["kid"]})
    payload = canonical_bytes(hebei.event())
    assert verify(spelt(hebei, header, payload), hebei.document)[1] == NOW
    for head, body in (
        (header, json.dumps(hebei.event()).encode()),
        (header.replace(b":", b": "), payload),
        (header, payload.replace(b'"n":1', b'"n":1.5')),
        (header, payload.replace(b'"n":1', b'"n":NaN')),
        (header, payload.replace(b'"n":1', b'"n":1,"n":1')),
        (header, b"[" * 100_000),
        (header, b"[]"),
        (header, b'"text"'),
        (header, b"\xff"),
        (b"{}", payload),
        (b"[]", payload),
        (b"[" * 300, payload),
        (header.replace(b"Ed25519", b"none"), payload),
        (header.replace(b"Ed25519", b"EdDSA"), payload),
    ):
        assert why(spelt(hebei, head, body), hebei).startswith("not readable (")


@same_home
@given(st.integers(0, 9999), st.characters())
def test_no_change_of_a_character_is_accepted(hebei: OtherNode, position: int, to: str) -> None:
    signed = hebei.sign(hebei.event())
    with pytest.raises(EnvelopeUnfit):
        verify(flipped(signed, position, to), hebei.document)
    with pytest.raises(EnvelopeUnfit):
        decrypt(flipped(hebei.envelope(signed), position, to))


HEADERS = st.dictionaries(
    st.sampled_from(["alg", "enc", "kid", "epk", "apu", "apv", "zip", "crit", "typ", "p2c"]),
    st.none()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["ECDH-ES+A256KW", "A256GCM", "dir", "DEF", "PBES2-HS256+A128KW"])
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.sampled_from(["kty", "crv", "x", "d"]), st.text(max_size=44)),
)


@same_home
@given(HEADERS, st.lists(st.binary(max_size=60), min_size=4, max_size=4), st.data())
def test_whatever_is_opened_is_unfit_and_nothing_worse(
    hebei: OtherNode, header: dict[str, Any], parts: list[bytes], data: st.DataObject
) -> None:
    kid = keys.read()[1]["kid"]
    good, *rest = hebei.envelope(hebei.event()).split(".")
    head = json.loads(urlsafe_b64decode(good.encode())) | header
    if data.draw(st.booleans()):
        head["kid"] = kid
    made = urlsafe_b64encode(json.dumps(head).encode()).decode()
    odd = [urlsafe_b64encode(part).decode() for part in parts]
    for line in (".".join([made, *rest]), ".".join([made, *odd]), ".".join([good, *odd])):
        if line.split(".")[0] != good or line.split(".")[1:] != rest:
            with pytest.raises(EnvelopeUnfit):
                decrypt(line)


@same_home
@given(st.text())
def test_garbage_is_unfit(hebei: OtherNode, text: str) -> None:
    with pytest.raises(EnvelopeUnfit):
        decrypt(text)
    with pytest.raises(EnvelopeUnfit):
        verify(text, hebei.document)


def test_what_is_too_long_is_not_opened(hebei: OtherNode) -> None:
    assert not_opened("x" * (MOST_ENVELOPE + 1)) == "too long"
    assert not_opened(f"{'x' * 1025}.a.b.c.d") == "not readable (ValueError)"
    deep = urlsafe_b64encode(b"[" * 700).decode()
    assert not_opened(f"{deep}.a.b.c.d").startswith("not readable (")


def test_nothing_is_unpacked(hebei: OtherNode) -> None:
    """A bomb: the header says that the text is compressed."""
    box = known.own()
    assert box is not None
    key = box.box(NOW)
    assert key is not None
    header = {"alg": "ECDH-ES+A256KW", "enc": "A256GCM", "zip": "DEF", "kid": key.kid}
    roomy = type(_ROOMY)(algorithms=["ECDH-ES+A256KW", "A256GCM", "DEF"])
    line = jwe.encrypt_compact(header, b"a" * 200_000, keys.as_key(key.jwk), registry=roomy)
    assert not_opened(line) == "not readable (UnsupportedAlgorithmError)"


def test_a_signature_over_other_fields_is_read_as_what_it_is(hebei: OtherNode) -> None:
    """A document is no message: it has no time."""
    assert why(hebei.text, hebei) == "not readable (KeyError)"
    assert read(hebei.text).value["node"] == "hebei"
