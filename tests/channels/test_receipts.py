"""What a person takes home: the receipt of a case and of each look, and who else may not."""

import io
import shutil
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as run
from pytest_django import Settings

from channels.portal_people import mandate, nobody, person, staff, statements, text
from evidence.core.small_log import suites, witness
from evidence.small_witnesses import SmallWitness, served
from support import scene
from support.finality import operator
from support.scene import DACHANG, DECIDERS, OFFICERS, TONGZHOU, WINDOWS, walk_to
from tongban.cases import api as cases
from tongban.cases.api import State
from tongban.evidence import api as evidence
from tongban.evidence import offline
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.note import Verifiers
from tongban.evidence.core.policy import LogLine, Policy, WitnessLine
from tongban.evidence.errors import KeyLost
from tongban.evidence.models import Look
from tongban.evidence.offline import Outcome, Report
from tongban.evidence.witnessing.gathering import forget_sizes
from tongban.kernel.acting import Channel
from tongban.vault.models import DataKey

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

GRANTED = [
    "case.submitted",
    "case.accepted",
    "case.decided",
]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """Have a log of this test alone, beside the run's own key files."""
    shutil.copytree(Path(run.HOME) / "keys", tmp_path / "keys")
    settings.HOME = tmp_path
    forget_sizes()
    yield tmp_path
    forget_sizes()


def seal() -> None:
    evidence.drain_looks()
    evidence.Sequencer().turn(at_once=True)


def kinds(report: Report) -> list[str]:
    return [entry.body["kind"] for entry in report.entries]


def test_a_person_keeps_what_happened_and_checks_it_without_the_node() -> None:
    case_id = walk_to(State.GRANTED).done.case_id
    seal()
    page = text(person("ma").get(f"/cases/{case_id}/"))
    assert f'href="/cases/{case_id}/evidence/"' in page
    offered = text(person("ma").get(f"/cases/{case_id}/evidence/"))
    assert f'href="/cases/{case_id}/receipt.zip"' in offered
    assert offered.count("已固证") == len(GRANTED)
    assert "固证中" not in offered
    response = person("ma").get(f"/cases/{case_id}/receipt.zip")
    assert response["Content-Type"] == "application/zip"
    assert response["Content-Disposition"] == f'attachment; filename="receipt-{case_id}.zip"'
    assert response["Cache-Control"] == "no-store"
    report = offline.check(response.content)
    assert (kinds(report), report.outcome) == (GRANTED, Outcome.ABSENT)
    assert {name for entry in report.entries for name, _ in entry.shown} == {
        "form",
        "reason",
    }
    evidence.drain_looks()
    assert evidence.looks_at(person_id=scene.person_id("ma")) == []


def test_the_witness_that_cosigned_is_named_and_one_s_own_policy_decides(home: Path) -> None:
    seal()  # the log begins: its key can be given to the witness
    (vkey,) = (home / "log").glob("*/vkey")
    key = NoteKey.parse(vkey.read_text().strip())
    small = SmallWitness(witness("dachang.example/witness"))
    small.logs[key.name] = Verifiers([key], suites)
    with served(small) as url:
        line = WitnessLine("dachang", small.signer.key, url)
        policy = Policy((LogLine(key),), (line,), quorum="dachang")
        (home / "log" / "policy").write_bytes(policy.data)
        case_id = walk_to(State.SUBMITTED).done.case_id
        seal()
    data = person("ma").get(f"/cases/{case_id}/receipt.zip").content
    for report in (offline.check(data), offline.check(data, policy.data)):
        assert report.outcome is Outcome.GOOD
        (entry,) = report.entries
        assert entry.checks[4].zh.startswith("1 方联签：dachang (")
    stranger = Policy((LogLine(key),), (WitnessLine("s", witness("s").key),), quorum="s")
    assert offline.check(data, stranger.data).outcome is Outcome.BAD


def test_what_is_not_sealed_yet_is_named_and_counted() -> None:
    walk = walk_to(State.SUBMITTED)
    url = f"/cases/{walk.done.case_id}"
    client = person("ma")
    offered = text(client.get(f"{url}/evidence/"))
    assert "固证中，请稍后再取" in offered
    assert "receipt.zip" not in offered
    refused = client.get(f"{url}/receipt.zip")
    assert refused.status_code == 503
    assert "evidence.not_sealed_yet" in text(refused)


def test_the_rest_comes_later() -> None:
    walk = walk_to(State.SUBMITTED)
    seal()
    cases.withdraw(
        acting=walk.applicant,
        case_id=walk.done.case_id,
        seq=walk.done.seq,
        reason="",
        key=scene.key(),
    )
    client, url = person("ma"), f"/cases/{walk.done.case_id}"
    offered = text(client.get(f"{url}/evidence/"))
    assert (offered.count("已固证"), offered.count("固证中，请稍后再取")) == (1, 1)
    first = client.get(f"{url}/receipt.zip").content
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert "另有 1 条固证中，没有列入" in archive.read("README.txt").decode()
    assert kinds(offline.check(first)) == ["case.submitted"]
    seal()
    second = client.get(f"{url}/receipt.zip").content
    assert kinds(offline.check(second)) == ["case.submitted", "case.withdrawn"]


def test_the_officer_s_opinion_stays_in_the_agency() -> None:
    case_id = walk_to(State.GRANTED).done.case_id
    seal()
    for client in (person("ma"), staff(OFFICERS[TONGZHOU])):
        report = offline.check(client.get(f"/cases/{case_id}/receipt.zip").content)
        assert "case.reviewed" not in kinds(report)
        assert all(name != "opinion" for entry in report.entries for name, _ in entry.shown)


def test_the_window_that_took_it_in_hands_it_out_and_the_applicant_sees_that() -> None:
    case_id = walk_to(State.RECEIVED, place=TONGZHOU, mode="received").done.case_id
    seal()
    clerk = staff(WINDOWS[DACHANG], Channel.WINDOW)
    page = text(clerk.get(f"/window/cases/{case_id}/evidence/"))
    assert f'href="/cases/{case_id}/receipt.zip"' in page
    assert "马清荷" not in page
    evidence.drain_looks()
    assert evidence.looks_at(person_id=scene.person_id("ma")) == []
    report = offline.check(clerk.get(f"/cases/{case_id}/receipt.zip").content)
    assert kinds(report)[-1] == "case.received"
    evidence.drain_looks()
    (look,) = evidence.looks_at(person_id=scene.person_id("ma"))
    assert (look.purpose, look.fields, look.case_id) == ("出具存证凭证", ("evidence",), case_id)


def test_a_receipt_without_personal_data_proves_the_same_and_is_no_look() -> None:
    case_id = walk_to(State.RECEIVED, place=TONGZHOU, mode="received").done.case_id
    seal()
    clerk = staff(WINDOWS[DACHANG], Channel.WINDOW)
    url = f"/cases/{case_id}/receipt.zip?personal=no"
    assert f'href="{url}"' in text(clerk.get(f"/window/cases/{case_id}/evidence/"))
    data = clerk.get(url).content
    assert "清荷".encode() not in data
    report = offline.check(data)
    assert report.ok
    assert [entry.shown for entry in report.entries] == [()] * len(report.entries)
    assert report.entries[-1].checks[1].en == (
        "0 shown, each with its digest in the content; 1 kept back."
    )
    evidence.drain_looks()
    assert evidence.looks_at(person_id=scene.person_id("ma")) == []


def test_to_others_there_is_no_receipt_and_nothing_is_noted() -> None:
    case_id = walk_to(State.RECEIVED, place=TONGZHOU, mode="received").done.case_id
    seal()
    others = (person("wang"), staff(WINDOWS[TONGZHOU], Channel.WINDOW), staff(DECIDERS[DACHANG]))
    for client in others:
        for case in (case_id, "no-such-case"):
            refused = client.get(f"/cases/{case}/receipt.zip")
            assert refused.status_code == 404
            assert "cases.not_found" in text(refused)
    assert person("wang").get(f"/cases/{case_id}/evidence/").status_code == 404
    clerk = staff(WINDOWS[TONGZHOU], Channel.WINDOW)
    assert clerk.get(f"/window/cases/{case_id}/evidence/").status_code == 404
    assert nobody().get(f"/cases/{case_id}/receipt.zip").status_code == 302
    evidence.drain_looks()
    assert evidence.looks_at(person_id=scene.person_id("ma")) == []


def test_each_look_has_a_receipt_for_the_person_looked_at_alone() -> None:
    case_id = walk_to(State.SUBMITTED).done.case_id
    for _ in range(2):
        assert staff(OFFICERS[TONGZHOU]).get(f"/desk/cases/{case_id}/").status_code == 200
    assert staff(DECIDERS[TONGZHOU]).get(f"/desk/cases/{case_id}/").status_code == 200
    evidence.drain_looks()
    looks = evidence.looks_at(person_id=scene.person_id("ma"))
    url = f"/looks/{looks[-1].id}/receipt.zip"
    assert person("ma").get(url).status_code == 503
    seal()
    page = text(person("ma").get(f"/cases/{case_id}/"))
    assert page.count("/receipt.zip") == 2
    report = offline.check(person("ma").get(url).content)
    assert (report.outcome, kinds(report)) == (Outcome.ABSENT, ["look", "look"])
    assert {entry.body["facts"]["person_id"] for entry in report.entries} == {scene.person_id("ma")}
    for client, status in ((person("wang"), 404), (staff(OFFICERS[TONGZHOU]), 403)):
        assert client.get(url).status_code == status
    assert person("ma").get("/looks/no-such-look/receipt.zip").status_code == 404


def other_looks(one: Look, count: int, case_id: str | None) -> None:
    """Have the person looked at this often, a day after this look."""
    Look.objects.bulk_create(
        Look(
            id=f"later-{case_id}-{number:04}",
            place_id=one.place_id,
            person_id=one.person_id,
            case_id=case_id,
            viewer=one.viewer,
            fields=one.fields,
            purpose=one.purpose,
            at=one.at + timedelta(days=1, seconds=number),
        )
        for number in range(count)
    )


def test_a_look_and_its_receipt_stay_however_many_come_after() -> None:
    case_id = walk_to(State.SUBMITTED).done.case_id
    staff(OFFICERS[TONGZHOU]).get(f"/desk/cases/{case_id}/")
    seal()
    one = Look.objects.get()
    other_looks(one, 201, None)
    client, address = person("ma"), f"/cases/{case_id}/"
    url = f"/looks/{one.id}/receipt.zip"
    page = text(client.get(address))
    assert f'href="{url}"' in page
    assert "older=" not in page
    assert kinds(offline.check(client.get(url).content)) == ["look"]
    other_looks(one, 200, case_id)
    page = text(client.get(address))
    assert url not in page
    older = f"{address}?older=later-{case_id}-0000"
    assert f'href="{older}#looks"' in page
    page = text(client.get(older))
    assert f'href="{url}"' in page
    assert f'href="{address}#looks"' in page
    assert kinds(offline.check(client.get(url).content)) == ["look"]
    assert client.get(f"{address}?older=nobody").status_code == 404


@pytest.mark.parametrize("look_id", ["x%0d%0aSet-Cookie:a", "x%22"])
def test_what_is_no_look_has_no_receipt(look_id: str) -> None:
    assert person("ma").get(f"/looks/{look_id}/receipt.zip").status_code == 404


def test_before_anything_is_recorded_that_is_what_is_said() -> None:
    case_id = scene.Walk(place=TONGZHOU, mode="online").begin().done.case_id
    response = person("ma").get(f"/cases/{case_id}/receipt.zip")
    assert response.status_code == 404
    assert "evidence.nothing_recorded" in text(response)


def test_a_lost_key_is_no_erasure(caplog: pytest.LogCaptureFixture) -> None:
    case_id = walk_to(State.SUBMITTED).done.case_id
    seal()
    with operator("keys"):
        DataKey.objects.filter(case_id=case_id).delete()
    (line,) = cases.entry_lines(acting=scene.as_person("ma"), case_id=case_id)
    assert (line.provable, line.erased, line.lost) == (False, False, True)
    with pytest.raises(KeyLost):
        cases.receipt(acting=scene.as_person("ma"), case_id=case_id)
    assert "entry_keys_lost" in caplog.text


def test_asking_for_the_head_of_a_receipt_is_no_look() -> None:
    case_id = walk_to(State.GRANTED).done.case_id
    seal()
    response = staff(OFFICERS[TONGZHOU]).head(f"/cases/{case_id}/receipt.zip")
    assert (response.status_code, response["Content-Type"]) == (200, "application/zip")
    evidence.drain_looks()
    assert evidence.looks_at(person_id=scene.person_id("ma")) == []


def test_the_page_that_checks_is_served_to_all_and_runs_only_its_own_script() -> None:
    response = nobody().get("/verify/")
    assert response.content == offline.PAGE.read_bytes()
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert not response.cookies


def test_an_agent_who_takes_the_receipt_is_seen_and_gets_none_of_looks() -> None:
    mandate_id = mandate().id
    agent = scene.as_agent("li", "ma", mandate_id)
    done = cases.draft(
        acting=agent,
        edition_id=scene.edition_id(TONGZHOU),
        mode="online",
        applicant_id=scene.person_id("ma"),
        form=scene.form(TONGZHOU),
        key=scene.key(),
    )
    cases.withdraw(
        acting=agent, case_id=done.case_id, seq=done.seq, reason="暂不开业", key=scene.key()
    )
    seal()
    url = f"/cases/{done.case_id}"
    report = offline.check(person("li").get(f"{url}/receipt.zip").content)
    assert kinds(report) == ["case.withdrawn"]
    evidence.drain_looks()
    (look,) = evidence.looks_at(person_id=scene.person_id("ma"))
    assert (look.purpose, look.viewer["actor_id"]) == ("出具存证凭证", scene.person_id("li"))
    assert f"/looks/{look.id}/receipt.zip" not in text(person("li").get(f"{url}/"))
    assert person("li").get(f"/looks/{look.id}/receipt.zip").status_code == 404
    assert f"/looks/{look.id}/receipt.zip" in text(person("ma").get(f"{url}/"))


def test_a_policy_that_the_operator_spoilt_is_told_to_the_log_not_to_the_person(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case_id = walk_to(State.SUBMITTED).done.case_id
    seal()
    (home / "log" / "policy").write_bytes(b"quorum nobody\n")
    response = person("ma").get(f"/cases/{case_id}/evidence/")
    assert response.status_code == 200
    assert "固证中，请稍后再取" in text(response)
    assert "receipt_not_proved" in caplog.text


def test_the_page_costs_the_same_however_much_is_in_it() -> None:
    short, long = walk_to(State.SUBMITTED).done.case_id, walk_to(State.GRANTED).done.case_id
    seal()
    client = person("ma")
    costs = {statements(client, f"/cases/{one}/evidence/") for one in (short, long)}
    costs |= {statements(client, f"/cases/{one}/receipt.zip") for one in (short, long)}
    assert costs == {(5, 1), (4, 1)}
