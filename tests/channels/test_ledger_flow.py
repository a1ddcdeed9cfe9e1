"""The page of what flows between nodes: figures, letters with an owner, nothing of a message."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from federation.other_node import OtherNode, served
from tongban.federation import api as federation
from tongban.federation.models import OutMessage
from tongban.federation.shapes import REGISTRY
from tongban.kernel import clock
from tongban.vault import keyfiles

pytestmark = [
    pytest.mark.django_db(databases=["default", "keys"]),
    pytest.mark.usefixtures("region"),
]

NOW = datetime(2026, 11, 26, 3, 0, 30, tzinfo=UTC)
SECRET = "马清荷的来信"


@pytest.fixture(autouse=True)
def hebei(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[OtherNode]:
    """Be Beijing's node, with a home of its own, and trust Hebei's."""
    settings.HOME, settings.NODE = tmp_path, "beijing"
    monkeypatch.setattr(REGISTRY, "kinds", {})
    with clock.held_at(NOW):
        federation.announce(address="https://beijing.example", hosted=["110000"])
        yield OtherNode("hebei", ["130000"]).trusted()
    keyfiles.forget()


def sent() -> str:
    with transaction.atomic():
        return federation.send(to="hebei", kind="test.kind", lane="lane-1", data={"text": SECRET})


def page(client: Client | None = None, path: str = "/flow/") -> str:
    response = (client or Client()).get(path, headers={"host": "127.0.0.1"})
    assert response.status_code == 200
    return response.content.decode()


def cells(text: str) -> list[str]:
    """Return the cells of the one row about Hebei."""
    [row] = [one for one in re.findall(r"<tr>.*?</tr>", text, re.DOTALL) if "hebei" in one]
    found = re.findall(r"<(?:td|th)[^>]*>(.*?)</(?:td|th)>", row, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", one).split()) for one in found]


def test_it_shows_what_waits_what_is_in_doubt_and_what_was_answered(hebei: OtherNode) -> None:
    sent()
    first = cells(page())
    assert (first[3], first[4], first[5], first[6]) == ("1", "0", "0 秒前", "还没有")
    federation.deliver_once()  # nobody is there
    assert cells(page())[3:5] == ["1", "1"]
    with clock.held_at(NOW + timedelta(minutes=5)), served(hebei):
        federation.trust(hebei.text)
        assert federation.deliver_once() == 1
        text = page()
    row = cells(text)
    assert (row[3], row[4], row[5], row[6]) == ("0", "0", "—", "0 秒前")
    assert "发出并有定论：最近一小时 1 条" in text
    assert text.count('<rect class="chart__bar"') == 1
    minutes = re.findall(r"11:05.*?</tr>", text, re.DOTALL)
    assert re.findall(r"<div>(\d+)</div>", minutes[-1]) == ["1", "0"]
    assert SECRET not in text
    assert "lane-1" not in text


def test_a_letter_has_an_owner_and_is_sent_again_by_a_press() -> None:
    message_id = sent()
    OutMessage.objects.update(given_up=True, attempts=300, trouble="no answer: timeout")
    browser = Client(enforce_csrf_checks=True)
    text = page(browser)
    assert "有待处理的信件" in text
    assert "由本节点的运维人员负责" in text
    assert "no answer: timeout" in text
    address = f"/flow/letters/{message_id}/revive/"
    assert f'action="{address}"' in text
    host = {"host": "127.0.0.1"}
    assert browser.post(address, headers=host).status_code == 403  # without its token
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)
    assert found is not None
    form = {"csrfmiddlewaretoken": found.group(1)}
    done = browser.post(address, form, headers=host)
    assert (done.status_code, done["Location"]) == (302, "/flow/?done=revived#letters")
    row = OutMessage.objects.get()
    assert (row.given_up, row.attempts, row.trouble) == (False, 0, "")
    assert browser.post(address, form, headers=host).status_code == 404


def test_from_elsewhere_it_is_not_there(settings: Settings) -> None:
    message_id = sent()
    OutMessage.objects.update(given_up=True)
    away = {"headers": {"host": "127.0.0.1"}, "REMOTE_ADDR": "203.0.113.9"}
    address = f"/flow/letters/{message_id}/revive/"
    assert Client().get("/flow/", **away).status_code == 404  # type: ignore[arg-type]
    assert Client().post(address, **away).status_code == 404  # type: ignore[arg-type]
    settings.METRICS = True  # lets others read, and no more
    shown = Client().get("/flow/", **away)  # type: ignore[arg-type]
    assert shown.status_code == 200
    assert "revive" not in shown.content.decode()
    assert Client().post(address, **away).status_code == 404  # type: ignore[arg-type]
    assert OutMessage.objects.get().given_up is True


def test_it_comes_anew_by_itself_only_for_who_asked() -> None:
    host = {"host": "127.0.0.1"}
    assert "Refresh" not in Client().get("/flow/", headers=host)
    assert Client().get("/flow/?every=5", headers=host)["Refresh"] == "5"
    assert "Refresh" not in Client().get("/flow/?every=0", headers=host)
    assert "停止自动更新" in page(path="/flow/?every=5")


def test_what_waits_for_a_node_that_is_trusted_no_more_is_named() -> None:
    sent()
    federation.retire("hebei")
    assert "有 1 条消息等着发给 hebei，而本节点已不再采信它。" in page()


def test_alone_it_says_so() -> None:
    (Path(django_settings.HOME) / "node" / "document").unlink()
    assert "本节点没有与其他节点连接" in page()
