"""Two governments' nodes: people of one log in on the other with their account at home."""

import http.client
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import pytest

from faults.nodes import count, rows
from faults.two_nodes import make_two
from support.node import Node
from support.scene import PEOPLE

_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')
_FORM = "application/x-www-form-urlencoded"


class Person:
    """A browser without scripts that goes wherever it is sent; each node has its own cookies."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._cookies: dict[str, dict[str, str]] = {}
        self.url, self.status, self.text = "", 0, ""

    @property
    def path(self) -> str:
        """Where it is, without what comes behind."""
        return self.url.partition("?")[0]

    @property
    def code(self) -> str:
        """The code of the refusal that is shown."""
        return self.text.partition('<code class="reference">')[2].partition("<")[0]

    def open(self, url: str, form: dict[str, str] | None = None) -> "Person":
        """Open an address and follow where it leads, from node to node."""
        body = None if form is None else urlencode(form)
        where = url
        while where:
            self.url = urljoin(self.url, where)
            where, body = self._ask(self.url, body), None
        return self

    def press(self, to: str = "", **more: str) -> "Person":
        """Send the form of the page that is shown."""
        hidden = {"csrfmiddlewaretoken": _first(_TOKEN, self.text)}
        if found := _FORM_TOKEN.search(self.text):
            hidden["form_token"] = found.group(1)
        return self.open(to or self.url, hidden | more)

    def link(self, part: str) -> str:
        """Return the address of the link that has this in it."""
        return unescape(_first(re.compile(rf'href="([^"]*{re.escape(part)}[^"]*)"'), self.text))

    def _ask(self, url: str, body: str | None) -> str:
        parts = urlsplit(url)
        held = self._cookies.setdefault(parts.netloc, {})
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in held.items())}
        if body is not None:
            headers |= {"Content-Type": _FORM, "Origin": f"{parts.scheme}://{parts.netloc}"}
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        connection.request("GET" if body is None else "POST", path, body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie", []):
            for name, one in SimpleCookie(line).items():
                held[name] = one.value
        self.status, self.text = answer.status, answer.read().decode()
        connection.close()
        return answer.headers.get("Location", "") if answer.status in {301, 302, 303} else ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    assert found is not None, text[:3000]
    return found.group(1)


@pytest.fixture
def two(make_node: Callable[..., Node], tmp_path: Path) -> tuple[Node, Node]:
    return make_two(make_node, tmp_path)


def go_home(person: Person, beijing: Node, onward: str = "/mine/") -> Person:
    """Choose Hebei on the login page of Beijing."""
    person.open(f"{beijing.url}/login/?next={onward}")
    return person.open(person.link("/openid/start/hebei"))


def kinds(node: Node) -> dict[str, int]:
    """Return how many entries there are about logins between nodes."""
    found = rows(
        node,
        "SELECT kind, count(*) FROM evidence_pendingentry"
        " WHERE kind LIKE 'person.%' AND kind <> 'person.registered' GROUP BY kind",
    )
    return dict(found)


def erase(node: Node, who: str) -> None:
    """Erase a demo person on a node, as its operator does."""
    done = subprocess.run(
        [sys.executable, "-m", "tongban.site.cli", "erase", "-", "--ground", "consent_withdrawn"],
        input=f"resident {PEOPLE[who]}\n",
        env=node.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def restart(node: Node, **variables: str) -> None:
    """Let the node's web server run with other settings."""
    node.variables |= variables
    node.stop("serve")
    node.start("serve")
    node.wait_until_ready()


def test_people_of_one_node_come_in_on_the_other_as_its_operator_believes(
    two: tuple[Node, Node],
) -> None:
    beijing, hebei = two
    ma = Person()
    go_home(ma, beijing)
    assert ma.path == f"{hebei.url}/login/"
    ma.press(f"{hebei.url}/login/demo/", key="ma.qinghe", next=_next_of(ma))
    assert (ma.status, ma.path) == (200, f"{hebei.url}/openid/authorize")
    assert kinds(hebei) == {}
    ma.press(answer="allow")
    assert (ma.status, ma.path) == (200, f"{beijing.url}/openid/confirm/")
    assert kinds(beijing) == {}
    ma.press()
    assert (ma.status, ma.path) == (200, f"{beijing.url}/mine/")
    assert kinds(hebei) == {"person.told": 1}
    assert kinds(beijing) == {"person.linked": 1, "person.logged_in": 1}

    go_home(ma, beijing).press(answer="allow")
    assert (ma.status, ma.path) == (200, f"{beijing.url}/mine/")
    assert kinds(beijing) == {"person.linked": 1, "person.logged_in": 2}
    again = ma.open(f"{hebei.url}/elsewhere/")
    assert again.text.count("向其他地区说明身份") == 2

    go_home(ma, beijing).press(answer="deny")
    assert (ma.status, ma.code) == (403, "federation.login_denied")
    assert kinds(hebei) == {"person.told": 2}

    check_that_who_is_unknown_is_registered(beijing, hebei)
    check_that_less_is_believed_for_a_step_that_needs_more(ma, beijing)
    check_that_a_retired_node_lets_nobody_in(ma, beijing)
    for node, noted in ((beijing, 1), (hebei, 0)):  # the entry of the one who was erased
        lines = node.command("verify").splitlines()
        found = {line.partition(": ok,")[2] for line in lines if ": note:" not in line}
        assert found == {" 0 damaged, 0 noted", f" 0 damaged, {noted} noted"}, lines
        assert count(node, "identity_logincode WHERE used_at IS NULL") == 0


def _next_of(person: Person) -> str:
    [onward] = parse_qs(urlsplit(person.url).query)["next"]
    return onward


def check_that_who_is_unknown_is_registered(beijing: Node, hebei: Node) -> None:
    erase(beijing, "li")
    li = Person()
    go_home(li, beijing)
    li.press(f"{hebei.url}/login/demo/", key="li.zhixing", next=_next_of(li))
    li.press(answer="allow")
    assert "用河北省的账户在本站登记？" in li.text
    assert count(beijing, "identity_person WHERE state = 'active'") == 2
    li.press()
    assert (li.status, li.path) == (200, f"{beijing.url}/mine/")
    found = rows(beijing, "SELECT place_id, assurance FROM identity_person WHERE place_id='110000'")
    assert found == [("110000", 3)]


def check_that_less_is_believed_for_a_step_that_needs_more(ma: Person, beijing: Node) -> None:
    ma.open(f"{beijing.url}/?place=110112")
    guide = ma.link("/matters/")
    ma.open(guide).press(urljoin(ma.url, f"{guide}apply/"))
    edit = ma.path
    assert (ma.status, "实名等级不够" in ma.text) == (200, False)
    restart(beijing, TONGBAN_PEER_ASSURANCE="hebei=2")
    ma.open(edit)
    assert (ma.status, "实名等级不够" in ma.text) == (200, True)
    restart(beijing, TONGBAN_PEER_ASSURANCE="hebei=1")
    assert ma.open(edit).path == f"{beijing.url}/login/"
    assert "/openid/start/" not in ma.text
    restart(beijing, TONGBAN_PEER_ASSURANCE="")


def check_that_a_retired_node_lets_nobody_in(ma: Person, beijing: Node) -> None:
    assert ma.open(f"{beijing.url}/mine/").path == f"{beijing.url}/mine/"
    start = ma.open(f"{beijing.url}/login/").link("/openid/start/hebei")
    beijing.command("node", "retire", "hebei")
    assert ma.open(f"{beijing.url}/mine/").path == f"{beijing.url}/login/"
    ma.open(start)
    assert (ma.status, ma.code) == (403, "federation.peer_unknown")
    assert kinds(beijing) == {"person.linked": 2, "person.logged_in": 3}
