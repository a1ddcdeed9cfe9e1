"""An agreement between two nodes: laid before the other, signed by both, ended by both."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from federation.conftest import NOW
from federation.other_node import OtherNode, served, value_of
from support.contents import everything, refused
from tongban.agreements import api as agreements
from tongban.agreements import errors, handlers
from tongban.agreements.actions.hearing import take_signed
from tongban.agreements.messages import SCHEMA, SIGNED, digest_of, row_of, terms_of, text_of
from tongban.agreements.models import Agreement, Signature
from tongban.evidence import api as evidence
from tongban.federation import api as federation
from tongban.federation.errors import EnvelopeUnfit, NoDocument
from tongban.federation.models import InMessage, OutMessage
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR
from tongban.kernel.canonical import canonical_bytes, read_canonical
from tongban.kernel.errors import Refusal
from tongban.kernel.ids import new_id
from tongban.kernel.wire import plain
from tongban.places.errors import PlaceMissing

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

OLD, NEW = "agreement-tongzhou-dachang", "agreement-new"
MATTER, DACHANG, TONGZHOU = "getihu-sheli", "131028", "110112"
TODAY, LATER = date(2026, 11, 26), date(2026, 12, 31)
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _wired(home: Path) -> None:
    handlers.register_handlers()


@pytest.fixture
def waiting(hebei: OtherNode) -> OtherNode:
    """Have the region's agreement wait, as `tongban node trust` does."""
    assert agreements.await_signatures() == (OLD,)
    return hebei


def terms(agreement_id: str = OLD, **changes: Any) -> Json:  # noqa: ANN401 - JSON
    found: Json = read_canonical(Agreement.objects.get(pk=OLD).terms.encode())
    return found | {"id": agreement_id} | changes


def message(
    hebei: OtherNode,
    said: Json,
    *,
    sender: str = "hebei",
    lane: str = "",
    **statement: Any,  # noqa: ANN401 - JSON
) -> federation.Message:
    """Return what a node says when it signs a text."""
    signed = {
        "statement": "agreement",
        "agreement": said["id"],
        "digest": digest_of(canonical_bytes(said).decode()),
        "purpose": "start",
        "ends_on": None,
        "by": sender,
        "time": plain(clock.now()),
    } | statement
    data = {"terms": said, "signature": hebei.sign(signed)}
    assert Draft202012Validator(SCHEMA).is_valid(data)
    return federation.Message(
        id=new_id(sender),
        sender=sender,
        kind=SIGNED,
        lane=lane or said["id"],
        seq=1,
        at=clock.now(),
        data=data,
        files=(),
    )


def is_open(on: date = TODAY, *, begun: bool = False) -> bool:
    try:
        agreements.opening(
            matter_code=MATTER,
            deciding_place_id=DACHANG,
            receiving_place_id=TONGZHOU,
            mode="received",
            on=on,
            begun=begun,
        )
    except (errors.NoAgreement, errors.AgreementEnded):
        return False
    return True


def state(agreement_id: str = OLD) -> str:
    return str(agreements.agreement(agreement_id).state)


def kinds(agreement_id: str = OLD) -> list[str]:
    return [row.kind for row in evidence.entries_of(subject=("agreement", agreement_id))]


def signed_by_both(hebei: OtherNode) -> None:
    agreements.sign(agreement_id=OLD, acting=OPERATOR)
    take_signed(message(hebei, terms()))


def test_what_was_loaded_before_waits_for_both_and_what_was_taken_in_goes_on(
    beijing: federation.Document,
) -> None:
    assert is_open()
    assert agreements.await_signatures() == ()  # nobody else is known
    OtherNode("hebei", ["130000"]).trusted()
    assert agreements.await_signatures() == (OLD,)
    assert agreements.await_signatures() == ()
    assert (state(), is_open(), is_open(begun=True)) == ("waiting", False, True)
    assert not is_open(TODAY + timedelta(days=1), begun=True)
    assert agreements.openings_online(on=TODAY) == []
    assert agreements.openings_from(receiving_place_id=TONGZHOU, on=TODAY) == []
    assert kinds() == ["agreement.published", "agreement.proposed"]


def test_of_two_nodes_neither_of_which_is_this_one_nothing_waits(region: None, home: Path) -> None:
    federation.announce(address="https://tianjin.example", hosted=["120000"])
    OtherNode("hebei", ["130000"]).trusted()
    OtherNode("bj", ["110000"]).trusted()
    assert agreements.await_signatures() == ()
    assert state() == "in_force"


@pytest.mark.parametrize("we_first", [True, False])
def test_it_opens_when_the_second_has_signed(waiting: OtherNode, *, we_first: bool) -> None:
    if we_first:
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    else:
        take_signed(message(waiting, terms()))
    assert (state(), is_open()) == ("waiting", False)
    if we_first:
        take_signed(message(waiting, terms()))
    else:
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    assert (state(), is_open()) == ("in_force", True)
    assert kinds()[-3:] == ["agreement.signed", "agreement.signed", "agreement.published"]
    assert agreements.await_signatures() == ()
    found = agreements.shared(OLD)
    assert {one.node: one.purpose for one in found.signatures} == {
        "beijing": "start",
        "hebei": "start",
    }
    own = federation.own()
    assert own is not None
    [mine] = [one for one in found.signatures if one.node == "beijing"]
    said = value_of(mine.text)
    assert (said["digest"], said["by"]) == (digest_of(found.terms), "beijing")


def test_a_new_text_is_laid_before_the_other_and_opens_from_its_first_day(
    waiting: OtherNode,
) -> None:
    row = row_of(terms(NEW, starts_on=str(TODAY + timedelta(days=3))))
    with served(waiting) as line:
        waiting.trusted()
        agreements.propose(row, acting=OPERATOR)
        federation.deliver_once()
        [came] = line.taken()
    body = came["data"]["body"]
    assert (came["subject"], came["type"]) == (NEW, "cn.tongban.agreements.signed.v1")
    assert Draft202012Validator(SCHEMA).is_valid(body)
    assert body["terms"] == terms_of(row)
    assert state(NEW) == "waiting"
    take_signed(message(waiting, body["terms"]))
    assert state(NEW) == "in_force"
    assert (is_open(TODAY + timedelta(days=2)), is_open(TODAY + timedelta(days=3))) == (False, True)


def test_a_text_that_the_other_lays_before_us_waits_for_us(waiting: OtherNode) -> None:
    take_signed(message(waiting, terms(NEW)))
    assert (state(NEW), is_open()) == ("waiting", False)
    assert kinds(NEW) == ["agreement.proposed", "agreement.signed"]
    assert OutMessage.objects.count() == 0
    agreements.sign(agreement_id=NEW, acting=OPERATOR)
    assert (state(NEW), is_open()) == ("in_force", True)
    assert OutMessage.objects.get().kind == "agreements.signed"


@pytest.mark.parametrize("we_first", [True, False])
def test_it_ends_when_both_have_signed_the_end(waiting: OtherNode, *, we_first: bool) -> None:
    signed_by_both(waiting)
    theirs = message(waiting, terms(), purpose="end", ends_on=str(LATER))
    if we_first:
        agreements.end(agreement_id=OLD, on=LATER, acting=OPERATOR)
    else:
        take_signed(theirs)
    assert agreements.agreement(OLD).ends_on == date(2030, 12, 31)
    assert is_open(LATER + timedelta(days=1))
    if we_first:
        take_signed(theirs)
    else:
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    assert agreements.agreement(OLD).ends_on == LATER
    assert (is_open(LATER), is_open(LATER + timedelta(days=1))) == (True, False)
    assert kinds()[-3:] == ["agreement.signed", "agreement.signed", "agreement.ended"]
    with refused(errors.EndUnfit):
        agreements.end(agreement_id=OLD, on=TODAY - timedelta(days=1), acting=OPERATOR)


def test_an_end_signed_after_its_day_closes_nothing_that_was_open(waiting: OtherNode) -> None:
    signed_by_both(waiting)
    take_signed(message(waiting, terms(), purpose="end", ends_on=str(TODAY)))
    with clock.held_at(NOW + timedelta(days=2)):
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    assert agreements.agreement(OLD).ends_on == TODAY + timedelta(days=2)


def test_what_waits_for_nobody_is_not_signed_here(waiting: OtherNode) -> None:
    with refused(errors.NothingToSign):
        agreements.end(agreement_id=OLD, on=LATER, acting=OPERATOR)
    with refused(errors.NoAgreement):
        agreements.sign(agreement_id="agreement-none", acting=OPERATOR)
    agreements.sign(agreement_id=OLD, acting=OPERATOR)
    with refused(errors.SignedTwice):
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    take_signed(message(waiting, terms()))
    with refused(errors.NothingToSign):
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    take_signed(message(waiting, terms(), purpose="end", ends_on=str(LATER)))
    with refused(errors.EndDiffers):
        agreements.end(agreement_id=OLD, on=TODAY, acting=OPERATOR)


def test_alone_nobody_signs(region: None, home: Path) -> None:
    with refused(errors.NothingToSign):
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
    with refused(NoDocument):
        federation.attest({}, at=NOW)


LIES: dict[str, tuple[Json, type[Refusal]]] = {
    "for places that it doesn't host": ({"sender": "tianjin"}, errors.SignerForeign),
    "of a place that nobody knows": ({"parties": ["999999", TONGZHOU]}, PlaceMissing),
    "of its own places alone": (
        {"parties": [DACHANG, "131000"], "openings": []},
        errors.SignerForeign,
    ),
    "a byte of the text": ({"title": "另一份协议"}, errors.TextDiffers),
    "another digest": ({"digest": "0" * 64}, errors.SignatureUnfit),
    "another agreement": ({"agreement": NEW}, errors.SignatureUnfit),
    "in another lane": ({"lane": NEW}, errors.SignatureUnfit),
    "in our name": ({"by": "beijing"}, EnvelopeUnfit),
    "an end without a day": ({"purpose": "end"}, errors.SignatureUnfit),
    "an end that it isn't": ({"purpose": "end", "ends_on": str(LATER)}, errors.NothingToSign),
    "no moment": ({"time": "now"}, EnvelopeUnfit),
    "more than it should": ({"more": 1}, errors.SignatureUnfit),
    "no such day": ({"starts_on": "2026-02-30"}, errors.SignatureUnfit),
    "a past end": ({"purpose": "end", "ends_on": "2026-11-25"}, errors.EndUnfit),
    "an end of what nobody knows": (
        {"id": NEW, "purpose": "end", "ends_on": str(LATER)},
        errors.NoAgreement,
    ),
    "a new one that opens what isn't theirs": (
        {"id": NEW, "parties": [DACHANG, TONGZHOU], "openings": "elsewhere"},
        errors.AgreementInvalid,
    ),
    "a new one that decides": ({"id": NEW, "openings": "deciding"}, errors.AgreementUnlawful),
}


@pytest.mark.parametrize("what", LIES)
def test_a_node_that_lies_signs_nothing(waiting: OtherNode, what: str) -> None:
    changes, error = LIES[what]
    said = terms()
    of_text = said.keys() - {"ends_on"}
    told = {name: value for name, value in changes.items() if name in of_text}
    statement = {name: value for name, value in changes.items() if name not in of_text}
    if told.get("openings") == "elsewhere":
        told["openings"] = [said["openings"][0] | {"deciding": "120000"}]
    if told.get("openings") == "deciding":
        told["openings"] = [one | {"acts": ["receive", "decide"]} for one in said["openings"]]
    stranger = OtherNode("tianjin", ["120000"]).trusted()
    signer = stranger if statement.get("sender") == "tianjin" else waiting
    sent = message(signer, said | told, **statement)
    with refused(error):
        take_signed(sent)


def test_a_signature_of_another_key_or_twice_is_refused(waiting: OtherNode) -> None:
    stranger = OtherNode("tianjin", ["120000"])
    with refused(EnvelopeUnfit):
        take_signed(message(stranger, terms()))
    take_signed(message(waiting, terms()))
    with refused(errors.SignedTwice):
        take_signed(message(waiting, terms()))
    agreements.sign(agreement_id=OLD, acting=OPERATOR)
    with refused(errors.SignedTwice):
        take_signed(message(waiting, terms()))
    with refused(errors.EndUnfit):
        take_signed(message(waiting, terms(), purpose="end", ends_on="2031-01-01"))


def test_our_own_agreements_are_not_theirs_to_sign_or_end(waiting: OtherNode) -> None:
    own = row_of(terms("agreement-own", parties=[TONGZHOU, "110000"], openings=[]))
    agreements.put_agreements([own], apply=True)
    assert state("agreement-own") == "in_force"
    said = terms("agreement-own", openings=[])
    for more in ({}, {"purpose": "end", "ends_on": str(LATER)}):
        with refused(errors.TextDiffers):
            take_signed(message(waiting, said, **more))


def test_two_notices_that_cross_bind_nobody_until_one_is_agreed(waiting: OtherNode) -> None:
    signed_by_both(waiting)
    with served(waiting) as line:
        waiting.trusted()
        federation.deliver_once()
        line.say = lambda one: waiting.answer(one, "refused", code="agreements.end_differs")
        agreements.end(agreement_id=OLD, on=LATER, acting=OPERATOR)
        theirs = message(waiting, terms(), purpose="end", ends_on=str(TODAY))
        with refused(errors.EndDiffers):
            take_signed(theirs)
        federation.deliver_once()
    [mine] = [one for one in agreements.shared(OLD).signatures if one.purpose == "end"]
    assert mine.refused == {"hebei": "agreements.end_differs"}
    take_signed(theirs)
    agreements.sign(agreement_id=OLD, acting=OPERATOR)
    assert agreements.agreement(OLD).ends_on == TODAY


def test_a_signature_that_was_refused_is_sent_again_as_it_was(waiting: OtherNode) -> None:
    with served(waiting) as line:
        waiting.trusted()
        line.say = lambda one: waiting.answer(one, "refused", code="agreements.text_differs")
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
        federation.deliver_once()
        text = Signature.objects.get().text
        line.say = waiting.answer
        agreements.sign(agreement_id=OLD, acting=OPERATOR)
        federation.deliver_once()
        assert [one["data"]["body"]["signature"] for one in line.taken()] == [text, text]
    assert Signature.objects.get().refused == {}
    with refused(errors.SignedTwice):
        agreements.sign(agreement_id=OLD, acting=OPERATOR)


def test_files_leave_what_nodes_sign_as_it_is_and_tell(waiting: OtherNode) -> None:
    signed_by_both(waiting)
    stood = everything()
    same = agreements.put_agreements([row_of(terms())], apply=True)
    assert (same.added, same.changed, same.unchanged, same.lines) == (0, 0, 1, [])
    other = agreements.put_agreements([row_of(terms(title="另一份"))], apply=True)
    assert other.lines == [f"! agreement {OLD}: not loaded, nodes sign another text"]
    assert everything() == stood
    new = row_of(terms(NEW))
    assert agreements.put_agreements([new], apply=True).added == 5
    assert (state(NEW), text_of(terms_of(new))) == ("waiting", Agreement.objects.get(pk=NEW).terms)


def test_it_comes_through_the_inbox_and_is_answered(waiting: OtherNode, client: Client) -> None:
    def post(body: Json, seq: int) -> str:
        event = waiting.event(SIGNED, seq=seq, body=body, subject=OLD)
        line = f"{waiting.envelope(event)}\n".encode()
        headers = waiting.call("POST", "/node/inbox", line)
        client.post("/node/inbox", line, content_type="application/jose", headers=headers)
        return InMessage.objects.get(pk=event["id"]).code

    data = message(waiting, terms()).data
    assert post({"terms": data["terms"]}, 1) == "federation.data_unfit"
    assert post(data | {"terms": data["terms"] | {"title": "x"}}, 2) == "agreements.signature_unfit"
    assert post(data, 3) == ""
    assert post(data, 4) == "agreements.signed_twice"
    assert [one.node for one in agreements.shared(OLD).signatures] == ["hebei"]
