"""``tongban evidence witnesses``: shown first, then written, and what can't be is refused."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pytest_django import Settings

from evidence.core.small_log import signer, witness
from evidence.sealing_scene import know, log_home, promised, record
from evidence.small_witnesses import SmallWitness, served
from tongban.evidence import api as evidence
from tongban.evidence.core.keys import NoteKey
from tongban.evidence.core.policy import Policy
from tongban.evidence.models import PendingEntry
from tongban.site.commands import evidence as command
from tongban.site.environment import Misconfigured

pytestmark = pytest.mark.django_db(databases=["default", "keys"])

BEIJING, TIANJIN, HEBEI, SHANXI = (
    witness(f"{name}/witness").key for name in ("beijing", "tianjin", "hebei", "shanxi")
)
COLLUDE = "witnesses who collude with this node: it withstands"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    with log_home(tmp_path, settings):
        yield tmp_path


def line(key: NoteKey, url: str | None = None, name: str | None = None) -> str:
    node = key.name.partition("/")[0]
    return f"{name or node}={key.vkey}@{url or f'https://{node}.example/witness'}"


def adding(*keys: NoteKey) -> list[str]:
    return [word for key in keys for word in ("--add", line(key))]


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    command.arguments(parser)
    return command.run(parser.parse_args(["witnesses", *words]))


def policy(home: Path) -> bytes:
    path = home / "log" / "policy"
    return path.read_bytes() if path.exists() else b""


def test_it_shows_what_would_change_and_writes_only_when_told(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run() == 0
    assert capsys.readouterr().out == "no witnesses: receipts say 未经见证, not cosigned\n"
    assert run(*adding(BEIJING, TIANJIN, HEBEI)) == 0
    shown = capsys.readouterr().out
    assert policy(home) == b""
    assert run(*adding(BEIJING, TIANJIN, HEBEI), "--apply") == 0
    assert capsys.readouterr().out.startswith(
        shown.removesuffix("to write: the same with --apply\n")
    )
    assert shown.splitlines() == [
        f"+ witness beijing {BEIJING.vkey} https://beijing.example/witness",
        f"+ witness tianjin {TIANJIN.vkey} https://tianjin.example/witness",
        f"+ witness hebei {HEBEI.vkey} https://hebei.example/witness",
        "+ group witnesses 3 beijing tianjin hebei",
        "+ quorum witnesses",
        f"beijing  beijing/witness  {BEIJING.key_id.hex()}  https://beijing.example/witness",
        f"tianjin  tianjin/witness  {TIANJIN.key_id.hex()}  https://tianjin.example/witness",
        f"hebei    hebei/witness  {HEBEI.key_id.hex()}  https://hebei.example/witness",
        "quorum: any 3 of 3",
        f"  two contradictory histories need 3 {COLLUDE} 2",
        "  one witness that is away makes every receipt wait",
        "to write: the same with --apply",
    ]
    assert Policy.parse(policy(home)).needed == 3


@pytest.mark.parametrize(
    ("count", "needed", "withstood", "away"), [(1, 1, 0, 0), (3, 3, 2, 0), (4, 3, 1, 1)]
)
def test_the_quorum_is_all_but_a_third_unless_it_is_said(
    count: int, needed: int, withstood: int, away: int
) -> None:
    found = evidence.propose_policy(
        add=[line(key) for key in (BEIJING, TIANJIN, HEBEI, SHANXI)[:count]]
    )
    assert (found.needed, found.strength.colluders, found.strength.outages) == (
        needed,
        withstood,
        away,
    )


def test_a_quorum_that_withstands_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*adding(BEIJING, TIANJIN), "--quorum", "1") == 0
    assert "it withstands NOTHING" in capsys.readouterr().out


def test_one_witness_takes_the_place_of_another_in_one_change(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(*adding(BEIJING, TIANJIN, HEBEI, SHANXI), "--apply")
    capsys.readouterr()
    anew = witness("hebei/witness", seed="a new one").key
    assert run("--remove", "hebei", *adding(anew), "--apply") == 0
    assert [one for one in capsys.readouterr().out.splitlines() if one[0] in "+-"] == [
        f"- witness hebei {HEBEI.vkey} https://hebei.example/witness",
        "- group witnesses 3 beijing tianjin hebei shanxi",
        f"+ witness hebei {anew.vkey} https://hebei.example/witness",
        "+ group witnesses 3 beijing tianjin shanxi hebei",
    ]
    run(
        *(
            word
            for name in ("beijing", "tianjin", "shanxi", "hebei")
            for word in ("--remove", name)
        ),
        "--apply",
    )
    assert not (home / "log" / "policy").exists()


REFUSED = [
    ([f"beijing={BEIJING.vkey}"], "NAME=VKEY@URL"),
    ([line(BEIJING).replace("+", "+0", 1)], "not a verifier key"),
    ([line(BEIJING).replace(f"+{BEIJING.key_id.hex()}+", "+00000000+")], "key ID"),
    ([line(BEIJING, url="ftp://beijing.example")], "not an http or https address"),
    ([line(signer("beijing/log/2026").key)], "only logs sign with"),
    ([line(BEIJING), line(BEIJING)], "'beijing' is there already"),
    ([line(BEIJING), line(BEIJING, name="other")], "have one public key"),
    (
        [
            line(BEIJING),
            line(witness("beijing/witness", seed="x").key, name="other", url="http://x"),
        ],
        "the witness beijing/witness stands there under two names",
    ),
    (
        [line(BEIJING), line(HEBEI, url="https://beijing.example/witness/")],
        "the address https://beijing.example/witness stands there under two names",
    ),
    ([line(BEIJING, name="none")], "defined twice: 'none'"),
    ([line(BEIJING, name="bei jing")], "not a word of a policy file"),
    ([line(witness("tongzhou/witness").key)], "this node itself"),
]


@pytest.mark.parametrize(("given", "why"), REFUSED, ids=[why for _, why in REFUSED])
def test_what_cannot_be_is_refused_and_nothing_changes(
    home: Path, given: list[str], why: str
) -> None:
    run(*adding(TIANJIN), "--apply")
    before = policy(home)
    words = [word for one in given for word in ("--add", one)]
    with pytest.raises(Misconfigured, match=f"log/policy: .*{why}"):
        run(*words, "--apply")
    assert policy(home) == before


@pytest.mark.parametrize("quorum", ["0", "-1", "3"])
def test_a_quorum_of_more_than_there_are_or_of_none_is_refused(home: Path, quorum: str) -> None:
    with pytest.raises(Misconfigured, match=f"the quorum {quorum} isn't from 1 to 2"):
        run(*adding(BEIJING, TIANJIN), "--quorum", quorum, "--apply")
    assert policy(home) == b""


def test_this_nodes_own_key_is_refused_under_the_name_it_once_had(
    home: Path, settings: Settings
) -> None:
    (home / "witness").mkdir()
    (home / "witness" / "logs").touch()
    vkey = evidence.witness_vkey()
    settings.NODE = "elsewhere"
    with pytest.raises(Misconfigured, match="this node itself"):
        run("--add", f"other={vkey}@https://other.example/witness")


def test_a_policy_with_groups_is_shown_and_left_to_its_author(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "log").mkdir()
    text = "".join(
        [
            *(
                f"witness {one.name[:2]} {one.vkey} https://{one.name}\n"
                for one in (BEIJING, HEBEI)
            ),
            f"witness no {TIANJIN.vkey}\n",
            "group governments 2 be he\ngroup both all governments no\nquorum both\n",
        ]
    )
    (home / "log" / "policy").write_text(text)
    assert run() == 0
    assert "quorum: by groups, as log/policy says" in capsys.readouterr().out
    with pytest.raises(Misconfigured, match="edit the file"):
        run("--remove", "no", "--apply")
    assert policy(home) == text.encode()


def test_a_policy_changed_meanwhile_is_not_overwritten(home: Path) -> None:
    proposal = evidence.propose_policy(add=[line(BEIJING)])
    run(*adding(HEBEI), "--apply")
    before = policy(home)
    with pytest.raises(evidence.PolicyUnfit, match="changed meanwhile"):
        evidence.adopt_policy(proposal)
    assert policy(home) == before


def test_the_witnesses_chosen_are_asked_and_the_choice_stands_in_the_log(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sequencer = evidence.Sequencer()
    sequencer.turn(at_once=True)
    small = [SmallWitness(witness(f"{name}/witness")) for name in ("beijing", "tianjin", "hebei")]
    know(small)
    with ExitStack() as stack:
        given = [line(one.signer.key, stack.enter_context(served(one))) for one in small]
        run(*(word for one in given for word in ("--add", one)), "--apply")
        assert (
            f"each witness puts this line into its witness/logs: {promised().vkey}"
            in capsys.readouterr().out
        )
        record(1)
        sequencer.turn(at_once=True)
    (log,) = evidence.status().logs
    assert (log.cosigned_by, log.quorum_reached) == (("beijing", "tianjin", "hebei"), True)
    assert PendingEntry.objects.filter(kind="policy.changed").count() == 1
