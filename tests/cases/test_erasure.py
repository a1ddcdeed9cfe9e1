"""Erasing a person 清除: what stands against it, what goes, what stays, and a restore after it."""

from datetime import date

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from channels.desk_forms import officer, url
from channels.portal_people import person, staff, text
from support import scene
from support.contents import refused
from support.finality import operator
from support.scene import DACHANG, OFFICERS, TONGZHOU, WINDOWS, Walk, as_person, walk_to
from tongban.cases import api as cases
from tongban.cases import errors, rules
from tongban.cases.api import State
from tongban.delivery import api as delivery
from tongban.evidence import api as evidence
from tongban.evidence.models import PendingEntry
from tongban.identity import api as identity
from tongban.identity.api import ErasureGround
from tongban.identity.errors import ErasureNotYours, PersonMissing
from tongban.identity.models import Mandate, Person
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Assurance
from tongban.kernel.errors import Refusal
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.vault.errors import KeyDestroyed
from tongban.vault.models import DataKey, DestroyedKey, DestroyedPerson

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

NAME, NUMBER = "马清荷", scene.PEOPLE["ma"]
DAY = date(2026, 3, 2)


def keep_for(years: int) -> None:
    rows = [
        places.SettingRow(place_id=place, key="retention_years", value=years)
        for place in (DACHANG, TONGZHOU)
    ]
    places.put_settings(rows, apply=True)


def erase(person_id: str) -> int:
    return cases.erase_person(
        acting=OPERATOR, person_id=person_id, ground=ErasureGround.CONSENT_WITHDRAWN
    )


def all_given_back() -> Walk:
    """Return a delivered case whose papers are in the applicant's hands, kept for no time."""
    keep_for(0)
    walk = walk_to(State.DELIVERED, mode="received")
    for item in delivery.items_of(("case", walk.done.case_id)):
        if item.state is not delivery.ItemState.HANDED_OVER:
            cases.hand_over(
                acting=walk.window, case_id=walk.done.case_id, item_id=item.id, seq=item.seq
            )
    return walk


def erased() -> tuple[str, Walk]:
    """Return the id of a person with a delivered case, erased, and the walk of the case."""
    walk = all_given_back()
    person_id = scene.person_id("ma")
    erase(person_id)
    return person_id, walk


@pytest.mark.parametrize(
    ("running", "papers", "kept", "refusal"),
    [
        (1, 1, [], errors.PersonHasCase),
        (0, 1, [], errors.PersonHasPaper),
        (0, 0, [date(2026, 3, 3), date(2025, 1, 1)], errors.RetentionRuns),
        (0, 0, [DAY, date(2025, 1, 1)], None),
        (0, 0, [], None),
    ],
)
def test_article_47_puts_an_erasure_off(
    running: int, papers: int, kept: list[date], refusal: type[Refusal] | None
) -> None:
    def check() -> None:
        rules.check_erasure(running=running, papers=papers, kept=kept, today=DAY)

    if refusal is None:
        check()
        return
    with pytest.raises(refusal):
        check()


def test_a_running_case_a_paper_and_a_period_each_stand_against_it() -> None:
    ma = scene.person_id("ma")
    walk_to(State.CLOSED)
    with refused(errors.PersonHasCase) as has_case:
        erase(ma)
    assert has_case.value.fields == {"count": 1}
    walk = Walk(place=TONGZHOU, mode="online", who="wang").begin().hand_in()
    cases.withdraw(
        acting=walk.applicant,
        case_id=walk.done.case_id,
        seq=walk.done.seq,
        reason="",
        key=scene.key(),
    )
    with refused(errors.RetentionRuns) as kept:
        erase(scene.person_id("wang"))
    today = rules.day_of(clock.now())
    assert kept.value.fields == {"until": str(rules.kept_until(today, 10))}
    keep_for(0)
    erase(scene.person_id("wang"))


def test_an_original_at_the_window_stands_against_it() -> None:
    keep_for(0)
    walk_to(State.DELIVERED, mode="received")
    with refused(errors.PersonHasPaper) as has_paper:
        erase(scene.person_id("ma"))
    assert has_paper.value.fields == {"count": 1}


def test_only_the_operator_erases_and_only_who_is_there() -> None:
    ma = scene.person_id("ma")
    for acting in (as_person("ma"), scene.as_post(scene.DECIDERS[TONGZHOU])):
        with refused(ErasureNotYours):
            cases.erase_person(acting=acting, person_id=ma, ground=ErasureGround.UNLAWFUL)
    with refused(PersonMissing):
        erase("nobody")


def test_nothing_of_an_erased_person_is_left_but_a_tombstone() -> None:
    ma, wang = scene.person_id("ma"), scene.person_id("wang")
    all_given_back()
    mandate = identity.grant_mandate(
        acting=as_person("ma"),
        principal_id=ma,
        agent_id=wang,
        scope=identity.Scope(identity.ScopeKind.ANY, ""),
        starts_on=rules.day_of(clock.now()),
        ends_on=rules.day_of(clock.now()),
        ground=identity.Ground.ONLINE,
    )
    epoch = identity.person_session(ma).epoch
    held = DataKey.objects.filter(person_id=ma).count()
    assert (erase(ma), held) == (2, 2)  # their own key and the case's
    row = Person.objects.values().get(id=ma)
    assert {bytes(row[name]) for name in ("name", "number", "phone")} == {b""}
    assert (row["number_index"], row["state"]) == (None, "erased")
    assert (row["erased_ground"], row["erased_by"]) == ("consent_withdrawn", OPERATOR.as_json())
    assert row["erased_at"] is not None
    assert identity.find_person(number_kind=identity.NumberKind.RESIDENT, number=NUMBER) is None
    session = identity.person_session(ma)
    assert (session.active, session.epoch) == (False, epoch + 1)
    assert Mandate.objects.get(id=mandate.id).withdrawn_at is not None
    assert DataKey.objects.filter(person_id=ma).count() == 0
    with pytest.raises(KeyDestroyed):
        vault.make_key(place_id=TONGZHOU, person_id=ma)
    assert erase(ma) == 0  # again: nothing changes
    (entry,) = PendingEntry.objects.filter(kind="erasure.done")
    opened = evidence.open_entry(entry_id=entry.entry_id, key=vault.node_key("evidence"))
    assert opened.body["facts"] == {"person_id": ma, "ground": "consent_withdrawn", "keys": 2}
    assert (opened.subject, opened.personal) == (("person", ma), {})
    (listed,) = vault.erasures()
    assert (listed.person_id, listed.ground, listed.keys) == (ma, "consent_withdrawn", 2)


def test_the_number_may_register_anew_as_somebody_else() -> None:
    ma, _ = erased()
    again = identity.register_person(
        acting=scene.as_post(WINDOWS[TONGZHOU]),
        place_id=TONGZHOU,
        name=NAME,
        number_kind=identity.NumberKind.RESIDENT,
        number=NUMBER,
        phone="19900000001",
        assurance=Assurance.HIGH,
    )
    assert again.id != ma


def test_officers_see_erased_where_the_person_stood() -> None:
    _, walk = erased()
    case_id = walk.done.case_id
    clerk = staff(WINDOWS[walk.receiving])
    for client, address in (
        (officer(), url(case_id)),
        (officer(), "/desk/?pile=ended"),
        (clerk, f"/window/cases/{case_id}/"),
        (clerk, f"/window/cases/?number={walk.done.number}"),
    ):
        response = client.get(address)
        page = text(response)
        assert (response.status_code, address) == (200, address)
        assert "已清除" in page, address
        assert str(walk.done.number) in page, address
        for gone in (NAME, NUMBER, "晴川", "19900000001", "马**"):
            assert gone not in page, (address, gone)
    for page in ("intake", "consent", "correct", "ask_correction"):
        response = clerk.get(f"/window/cases/{case_id}/{page}/")
        assert response.status_code < 500, page
        assert NAME not in text(response)
    assert "Erased" in text(staff(OFFICERS[walk.place], language="en").get(url(case_id)))
    file = cases.case_file(acting=walk.officer, case_id=case_id, purpose="test")
    assert (file.applicant.erased, file.form, file.records, file.verbs) == (
        True,
        {},
        (),
        frozenset(),
    )
    assert [event.personal for event in file.events] == [{}] * len(file.events)


def test_the_window_offers_no_receipt_of_an_erased_case_and_says_why() -> None:
    _, walk = erased()
    clerk, case_id = staff(WINDOWS[walk.receiving]), walk.done.case_id
    page = text(clerk.get(f"/window/cases/{case_id}/evidence/"))
    assert "内容已清除，日志中只留存证摘要" in page
    assert "receipt.zip" not in page
    assert "固证中" not in page
    assert NAME not in page
    response = clerk.get(f"/cases/{case_id}/receipt.zip")
    assert response.status_code == 404
    assert "evidence.content_erased" in text(response)


def test_a_paper_of_an_erased_case_is_gone_and_says_so() -> None:
    walk = all_given_back()
    file = cases.case_file(acting=walk.officer, case_id=walk.done.case_id, purpose="test")
    (paper,) = [one for view in file.materials for one in view.papers]
    works = officer()
    addresses = (
        reverse("papers:record", args=[file.records[0].id]),
        reverse("papers:file", args=[walk.done.case_id, paper.id]),
    )
    for address in addresses:
        assert works.get(address).status_code == 200
    erase(scene.person_id("ma"))
    for address in addresses:
        response = works.get(address)
        assert response.status_code == 404
        assert "vault.key_destroyed" in text(response)


def test_an_erased_person_is_signed_out() -> None:
    client = person("ma")
    assert client.get("/mine/").status_code == 200
    keep_for(0)
    erase(scene.person_id("ma"))
    assert client.get("/mine/").status_code in {302, 401}


def undone() -> list[str]:
    return list(identity.check_erasures())


def test_a_restored_main_database_forgets_no_erasure() -> None:
    all_given_back()
    ma = scene.person_id("ma")
    backup = Person.objects.get(id=ma)
    entries = PendingEntry.objects.count()
    erase(ma)
    tombstone = Person.objects.values().get(id=ma)
    assert (undone(), identity.replay_erasures()) == ([], identity.Replayed(people=0, keys=0))
    backup.save(force_update=True)
    with operator():
        PendingEntry.objects.filter(kind="erasure.done").delete()
    assert undone() == [f"person {ma} was erased, and the row with the number's index is back"]
    assert identity.replay_erasures() == identity.Replayed(people=1, keys=0)
    assert Person.objects.values().get(id=ma) == tombstone
    assert PendingEntry.objects.count() == entries + 1
    assert identity.replay_erasures() == identity.Replayed(people=0, keys=0)
    assert (undone(), PendingEntry.objects.count()) == ([], entries + 1)


def test_a_restored_key_store_brings_no_key_back() -> None:
    ma = scene.person_id("ma")
    keys = list(DataKey.objects.filter(person_id=ma))
    erase(ma)
    DataKey.objects.bulk_create(keys)
    assert undone() == [f"person {ma} was erased, and keys are back"]
    assert identity.replay_erasures() == identity.Replayed(people=0, keys=1)
    assert (undone(), DataKey.objects.filter(person_id=ma).count()) == ([], 0)


def test_a_lost_list_is_written_anew_from_the_tombstones() -> None:
    ma = scene.person_id("ma")
    erase(ma)
    (before,) = vault.erasures()
    with operator("keys"):
        DestroyedPerson.objects.all().delete()
    assert undone() == [f"person {ma} was erased, and the list of erasures has lost it"]
    identity.replay_erasures()
    (after,) = vault.erasures()
    assert (after.person_id, after.at, after.ground) == (ma, before.at, before.ground)
    assert undone() == []


def test_an_erasure_that_broke_off_is_ended_by_the_replay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> str:
        raise DatabaseError

    ma = scene.person_id("ma")
    with monkeypatch.context() as patch:
        patch.setattr("tongban.identity.actions.erasure.evidence.record", broken)
        with pytest.raises(DatabaseError), transaction.atomic():
            erase(ma)
    assert Person.objects.get(id=ma).state == "active"
    assert identity.replay_erasures() == identity.Replayed(people=1, keys=0)
    assert Person.objects.get(id=ma).state == "erased"
    assert PendingEntry.objects.filter(kind="erasure.done").count() == 1


def test_an_erasure_that_broke_off_and_is_run_again_stays_what_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(**_: object) -> str:
        raise DatabaseError

    ma = scene.person_id("ma")
    keys = DataKey.objects.filter(person_id=ma).count()
    with monkeypatch.context() as patch:
        patch.setattr("tongban.identity.actions.erasure.evidence.record", broken)
        with pytest.raises(DatabaseError), transaction.atomic():
            erase(ma)
    (listed,) = vault.erasures()
    again = cases.erase_person(acting=OPERATOR, person_id=ma, ground=ErasureGround.UNLAWFUL)
    assert (again, keys > 0) == (keys, True)
    row = Person.objects.get(id=ma)
    assert (row.erased_at, row.erased_ground) == (listed.at, "consent_withdrawn")
    (entry,) = PendingEntry.objects.filter(kind="erasure.done")
    opened = evidence.open_entry(entry_id=entry.entry_id, key=vault.node_key("evidence"))
    assert opened.body["facts"] == {
        "person_id": ma,
        "ground": "consent_withdrawn",
        "keys": keys,
    }


def test_a_key_store_from_before_a_person_s_keys_learns_that_they_were_destroyed() -> None:
    def flaws() -> set[evidence.Flaw]:
        return {found.flaw for found in evidence.check_entries(keys=vault.keys_by_id)}

    ma = scene.person_id("ma")
    erase(ma)
    before = vault.erasures()
    assert flaws() == {evidence.Flaw.UNREADABLE}
    with operator("keys"):
        DestroyedPerson.objects.all().delete()
        DestroyedKey.objects.all().delete()
    assert flaws() == {evidence.Flaw.KEY}
    assert identity.replay_erasures() == identity.Replayed(people=0, keys=0)
    assert flaws() == {evidence.Flaw.UNREADABLE}
    assert vault.erasures() == before


def test_the_tombstone_of_a_restored_main_database_knows_the_keys_again() -> None:
    ma = scene.person_id("ma")
    backup = Person.objects.get(id=ma)
    keys = list(DataKey.objects.filter(person_id=ma).values_list("id", flat=True))
    erase(ma)
    backup.save(force_update=True)
    identity.replay_erasures()
    assert Person.objects.get(id=ma).erased_keys == keys


def test_a_long_list_of_erasures_is_held_against_the_people() -> None:
    ma, wang = scene.person_id("ma"), scene.person_id("wang")
    backup = Person.objects.get(id=ma)
    erase(ma)
    erase(wang)
    backup.save(force_update=True)
    DestroyedPerson.objects.bulk_create(
        [
            DestroyedPerson(
                person_id=f"gone-{number}", destroyed_at=clock.now(), ground="period_over"
            )
            for number in range(260_000)  # more than SQLite takes as parameters of one statement
        ],
        batch_size=5_000,
    )
    assert undone() == [f"person {ma} was erased, and the row with the number's index is back"]
    assert identity.replay_erasures() == identity.Replayed(people=1, keys=0)
    assert undone() == []


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_list_of_erasures_is_final(verb: str) -> None:
    erase(scene.person_id("ma"))
    rows = DestroyedPerson.objects.all()
    with pytest.raises(DatabaseError, match="an erasure is final"), transaction.atomic("keys"):
        rows.update(ground="") if verb == "update" else rows.delete()
    assert len(vault.erasures()) == 1
