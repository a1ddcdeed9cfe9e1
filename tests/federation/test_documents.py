"""Who a node is: only what is canonical and signed by a key that counts is taken for it."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from joserfc import jws
from joserfc.util import urlsafe_b64encode

from federation.conftest import NOW
from federation.other_node import OtherNode, dumped, flipped, new_keys, value_of
from support.contents import everything, refused
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation import keys, known
from tongban.federation.document import parse
from tongban.federation.errors import DocumentUnfit, NodeUnknown, NoDocument, PeerUnknown
from tongban.kernel import clock
from tongban.kernel.wire import plain
from tongban.places.errors import PlaceMissing

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
same_home = examples(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def files(home: Path) -> dict[str, bytes]:
    """Return what stands in the home about nodes and their keys."""
    return {
        str(path.relative_to(home)): path.read_bytes()
        for part in ("node", "keys")
        for path in sorted((home / part).rglob("*"))
        if path.is_file()
    }


def why(text: str) -> str:
    """Return why a document is not taken, and make sure that it isn't."""
    before, stood = files(Path(known.folder()).parent), everything()
    with pytest.raises(DocumentUnfit) as caught:
        federation.trust(text)
    assert files(Path(known.folder()).parent) == before
    assert everything() == stood
    return str(caught.value.fields["why"])


def test_a_node_states_who_it_is(beijing: federation.Document, home: Path) -> None:
    assert (beijing.node, beijing.serial, beijing.places) == ("beijing", 1, ("110000",))
    assert (beijing.address, beijing.at) == ("https://beijing.example", NOW)
    assert [key.use for key in beijing.keys] == ["sig", "enc"]
    assert (home / "keys" / "node.jwks").stat().st_mode & 0o777 == 0o600
    assert b'"d"' not in (home / "node" / "document").read_bytes()
    assert "d" not in {name for one in value_of(beijing.text)["keys"] for name in one}
    assert len(beijing.fingerprint) == 39
    again = federation.announce(address="https://bj.example/", hosted=["110000", "120000"])
    assert (again.serial, again.address) == (2, "https://bj.example")
    assert again.fingerprint == beijing.fingerprint
    assert known.own() == again
    rows = evidence.entries_of(subject=("node", "beijing"))
    assert [row.kind for row in rows] == ["node.stated", "node.stated"]


@pytest.mark.parametrize(
    ("address", "hosted", "error"),
    [
        ("ftp://x", ["110000"], DocumentUnfit),
        ("https://u:p@x", ["110000"], DocumentUnfit),
        ("https://x/path", ["110000"], DocumentUnfit),
        ("https://x y", ["110000"], DocumentUnfit),
        ("https://北京.example", ["110000"], DocumentUnfit),
        ("https://x", ["nowhere"], PlaceMissing),
    ],
)
def test_what_can_not_be_stated_leaves_no_key_and_no_file(
    home: Path, region: None, address: str, hosted: list[str], error: type[Any]
) -> None:
    with refused(error):
        federation.announce(address=address, hosted=hosted)
    assert files(home) == {}
    assert known.own() is None


def test_alone_a_node_trusts_nobody(home: Path, region: None) -> None:
    text = OtherNode("hebei", ["130000"]).text
    with refused(NoDocument):
        federation.trust(text)
    with refused(NoDocument):
        federation.rotate()
    assert files(home) == {}
    assert federation.hosts("130000")
    assert federation.node_hosting("130000") is None


def test_a_node_is_trusted_by_its_document(hebei: OtherNode) -> None:
    assert federation.trusted() == {"hebei": hebei.document}
    assert federation.trust(hebei.text) == hebei.document  # again is nothing new
    [row] = evidence.entries_of(subject=("node", "hebei"))
    assert row.kind == "peer.trusted"
    assert federation.hosts("110112")
    assert not federation.hosts("131028")
    assert federation.node_hosting("131028") == "hebei"
    with pytest.raises(NodeUnknown):
        federation.node_hosting("120000")


def test_of_two_claims_the_narrower_wins_and_the_same_is_refused(hebei: OtherNode) -> None:
    dachang = OtherNode("dachang", ["131028"])
    assert federation.node_hosting("131028") == "hebei"
    dachang.trusted()
    assert federation.node_hosting("131028") == "dachang"
    assert federation.node_hosting("131082") == "hebei"
    assert why(OtherNode("other", ["131028"]).text) == "dachang states that it hosts 131028"
    assert why(OtherNode("other", ["110000"]).text) == "beijing states that it hosts 110000"
    with refused(DocumentUnfit):
        federation.announce(address="https://beijing.example", hosted=["110000", "130000"])
    own = known.own()
    assert own is not None
    assert own.serial == 1


def test_a_document_is_signed_by_a_key_that_it_names(hebei: OtherNode) -> None:
    other, _ = new_keys()
    assert why(hebei.state(by=other)) == "not signed by a key that it names"
    assert why(hebei.state(by={**other, "kid": hebei.held[0]["kid"]})) == (
        "not signed by a key that it names"
    )


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (NOW + timedelta(minutes=11), None),
        (NOW - timedelta(days=9), NOW - timedelta(minutes=11)),
    ],
)
def test_a_key_signs_in_its_days_alone(
    beijing: federation.Document, since: datetime, until: datetime | None
) -> None:
    days = {"since": plain(since), "until": plain(until)}
    other = OtherNode("hebei", ["130000"], held=new_keys(**days))
    with pytest.raises(DocumentUnfit):
        federation.trust(other.text)
    minutes = timedelta(minutes=2)
    near = {"since": plain(since - minutes), "until": plain(until and until + minutes)}
    assert OtherNode("hebei", ["130000"], held=new_keys(**near)).trusted().document.node == "hebei"


def test_a_document_of_the_future_waits(beijing: federation.Document) -> None:
    with clock.held_at(NOW + timedelta(minutes=11)):
        other = OtherNode("hebei", ["130000"])
    assert why(other.text) == "dated in the future: compare the clocks"


def test_a_later_document_follows_the_one_that_is_trusted(hebei: OtherNode) -> None:
    first = hebei.text
    second = hebei.state(address="https://second.example")
    federation.trust(second)
    assert known.peer("hebei").serial == 2
    assert why(first) == "older than the one that is trusted"
    hebei.serial = 1
    assert why(hebei.state(address="https://third.example")) == (
        "another one with the serial of the one that is trusted"
    )
    stranger = OtherNode("hebei", ["130000"], serial=6)
    assert why(stranger.text) == "not signed by a key of the one that is trusted"
    both = OtherNode("hebei", ["130000"], serial=7, held=[*new_keys(), *hebei.held])
    assert why(both.text) == "not signed by a key of the one that is trusted"
    hebei.serial = 8
    federation.trust(hebei.state())
    assert known.peer("hebei").serial == 9


def test_a_key_that_was_changed_names_no_new_ones(hebei: OtherNode) -> None:
    """Whoever stole it later dates back: but not before the document that ended it."""
    stolen = hebei.held[0]
    with clock.held_at(NOW + timedelta(days=30)):
        ended = [{**jwk, "until": plain(clock.now())} for jwk in hebei.held]
        hebei.held = [*new_keys(), *ended]
        federation.trust(hebei.state(by=stolen))
    thief = OtherNode("hebei", ["130000"], serial=8, held=[stolen, *new_keys()])
    with clock.held_at(NOW + timedelta(days=31)):
        assert why(thief.text) == "dated before the one that is trusted"
        assert why(thief.state()) == "not signed by a key of the one that is trusted"


def test_a_document_of_this_nodes_own_name_is_refused(beijing: federation.Document) -> None:
    assert why(OtherNode("beijing", []).text) == "it has the name of this node"


def test_a_retired_node_is_trusted_no_more(hebei: OtherNode, home: Path) -> None:
    federation.retire("hebei")
    assert federation.trusted() == {}
    assert (home / "node" / "retired" / "hebei").read_text() == f"{hebei.text}\n"
    with refused(PeerUnknown):
        federation.retire("hebei")
    assert why(hebei.state()) == ("hebei was retired; remove it from HOME/node/retired first")
    (home / "node" / "retired" / "hebei").unlink()
    federation.trust(hebei.text)
    assert known.peer("hebei").text == hebei.text
    kinds = [row.kind for row in evidence.entries_of(subject=("node", "hebei"))]
    assert kinds == ["peer.trusted", "peer.retired", "peer.trusted"]


def test_changed_keys_are_signed_by_the_old_and_used_at_once(beijing: federation.Document) -> None:
    old = {key.use: key.kid for key in beijing.keys}
    with clock.held_at(NOW + timedelta(days=1)):
        made = federation.rotate()
        assert parse(made.text, signed_by=beijing) == made
        assert (made.serial, len(made.keys)) == (2, 4)
        assert {key.kid for key in made.keys if key.until is not None} == set(old.values())
        later = federation.announce(address="https://new.example", hosted=["110000"])
        assert parse(later.text, signed_by=made) == later
        with pytest.raises(DocumentUnfit):
            parse(later.text, signed_by=beijing)
        box = made.box(clock.now())
        assert box is not None
        assert box.kid not in old.values()
    assert [jwk["kid"] for jwk in keys.read()][2:] == [old["sig"], old["enc"]]


def test_a_change_of_keys_that_broke_off_changes_nothing(
    beijing: federation.Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are written, the document that names them isn't: then the disk was full."""
    whole = known.write
    monkeypatch.setattr(known, "write", full)
    with pytest.raises(OSError, match="full"):
        federation.rotate()
    monkeypatch.setattr(known, "write", whole)
    orphan = keys.read()[0]["kid"]
    assert known.own() == beijing
    said = federation.announce(address="https://new.example", hosted=["110000"])
    assert parse(said.text, signed_by=beijing).serial == 2
    made = federation.rotate()
    assert parse(made.text, signed_by=said) == made
    assert orphan not in {jwk["kid"] for jwk in keys.read()} - {key.kid for key in said.keys}


def full(*_: object) -> None:
    message = "full"
    raise OSError(message)


def test_keys_that_others_may_read_are_not_used(beijing: federation.Document, home: Path) -> None:
    (home / "keys" / "node.jwks").chmod(0o640)
    with pytest.raises(RuntimeError, match=r"node\.jwks can be read by others: chmod 600"):
        federation.rotate()


def test_a_file_under_another_nodes_name_is_not_taken_for_it(hebei: OtherNode) -> None:
    known.write(known.folder() / "peers" / "tianjin", hebei.text)
    with pytest.raises(DocumentUnfit) as caught:
        federation.trusted()
    assert caught.value.fields["why"] == "peers/tianjin is the document of hebei"


def odd(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return changes


@pytest.mark.parametrize(
    "change",
    [
        odd(serial=0),
        odd(serial="1"),
        odd(serial=True),
        odd(serial=[]),
        odd(node=5),
        odd(node="Hebei"),
        odd(address="javascript:x"),
        odd(address=None),
        odd(places="130000"),
        odd(places=[1]),
        odd(keys=None),
        odd(keys=[{}]),
        odd(keys={}),
        odd(at="2026-11-26"),
        odd(at=0),
        odd(v=2),
        odd(more=1),
        odd(takes="case.told"),
        odd(takes=["case.told"]),
        odd(colour="red"),
    ],
)
def test_a_statement_of_another_form_is_unfit(
    beijing: federation.Document, change: dict[str, Any]
) -> None:
    other = OtherNode("hebei", ["130000"])
    assert why(other.sign(other.said(**change))).startswith("not readable (")


def test_a_document_says_what_its_node_takes_and_a_later_one_may_say_more(
    beijing: federation.Document,
) -> None:
    federation.register("test.kind", take=print)
    federation.register("test.kind", take=print, version=2)
    stated = federation.announce(address="https://beijing.example", hosted=["110000"])
    assert stated.takes == ("cn.tongban.test.kind.v1", "cn.tongban.test.kind.v2")
    other = OtherNode("hebei", ["130000"])
    later = other.said(takes=["cn.tongban.case.told.v9"], more={"colour": "red"})
    found, _ = federation.examine(other.sign(later))
    assert found.takes == ("cn.tongban.case.told.v9",)
    before = {name: value for name, value in other.said().items() if name != "takes"}
    assert federation.examine(other.sign(before))[0].takes == ()


def test_moments_at_the_ends_of_the_calendar_are_moments(beijing: federation.Document) -> None:
    ends = {"since": "0001-01-01T00:00:00.000000Z", "until": "9999-12-31T23:59:59.999999Z"}
    other = OtherNode("hebei", ["130000"], held=new_keys(**ends)).trusted()
    assert known.peer("hebei") == other.document
    assert why(other.state(at=ends["until"])) == "dated in the future: compare the clocks"
    assert why(other.state(at=ends["since"])) == "dated before the one that is trusted"


def spelt(node: OtherNode, header: bytes, payload: bytes) -> str:
    """Sign bytes as they are, canonical or not."""
    head, body = urlsafe_b64encode(header), urlsafe_b64encode(payload)
    private = keys.as_key(node.held[0]).private_key
    assert private is not None
    signature = private.sign(head + b"." + body)  # type: ignore[union-attr] # Ed25519
    return b".".join([head, body, urlsafe_b64encode(signature)]).decode()


def test_another_spelling_of_what_was_signed_is_unfit(beijing: federation.Document) -> None:
    other = OtherNode("hebei", ["130000"])
    head, body, _ = other.text.split(".")
    header = {"alg": "Ed25519", "kid": other.held[0]["kid"]}
    payload = jws.extract_compact(other.text.encode()).payload
    assert spelt(other, dumped(header).replace(b" ", b""), payload) == other.text
    for text in (
        spelt(other, dumped(header), payload),
        spelt(other, dumped(header).replace(b" ", b""), dumped(other.said())),
        spelt(other, dumped(header | {"crit": []}).replace(b" ", b""), payload),
        spelt(other, dumped(header).replace(b" ", b""), payload.replace(b'"v":1', b'"v":1.0')),
        spelt(other, dumped(header).replace(b" ", b""), payload.replace(b'"v":1', b'"v":NaN')),
        spelt(other, dumped(header).replace(b" ", b""), b"[" * 3000),
        f"{head}\n.{body}",
    ):
        assert why(text).startswith("not readable (")
    assert why(f"{other.text}=") == "not signed by a key that it names"


@same_home
@given(st.integers(0, 9999), st.characters())
def test_no_change_of_a_character_is_accepted(hebei: OtherNode, position: int, to: str) -> None:
    changed = flipped(hebei.text, position, to)
    with pytest.raises(DocumentUnfit):
        parse(changed)


@same_home
@given(st.text() | st.binary().map(lambda one: one.decode("latin-1")))
def test_whatever_is_read_is_unfit_and_nothing_worse(home: Path, text: str) -> None:
    with pytest.raises(DocumentUnfit):
        parse(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@same_home
@given(st.data())
def test_whatever_a_node_signs_is_a_document_or_unfit(home: Path, data: st.DataObject) -> None:
    other = OtherNode("hebei", ["130000"], held=HELD)
    name = data.draw(st.sampled_from(sorted(other.said())))
    value = data.draw(JSON)
    if name == "keys" and isinstance(value, list) and value:
        value = [{**keys.public(HELD[0]), data.draw(st.sampled_from(sorted(HELD[0]))): value[0]}]
    try:
        text = other.sign(other.said(**{name: value}))
    except ValueError:  # not to be written as canonical JSON either
        return
    with suppress(DocumentUnfit):
        assert parse(text).text == text


with clock.held_at(datetime(2026, 1, 1, tzinfo=UTC)):
    HELD = new_keys()
