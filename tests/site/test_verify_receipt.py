"""``tongban verify FILE``: on a machine that has no node."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from evidence.receipts.small_receipt import (
    THREE,
    TWO_OF_THREE,
    cases,
    policy,
    receipt,
    sealed_as_it_is,
    unreadable,
)
from tongban.evidence.receipts import words
from tongban.site import cli

ALL = {case.name: case for case in cases()}


def verify(*arguments: str) -> int:
    return cli.main(["verify", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "receipt.zip"
    path.write_bytes(receipt())
    return path


def test_without_node_home_and_django(file: Path) -> None:
    program = (
        "import sys\nfrom tongban.site.cli import main\n"
        f"code = main(['verify', {str(file)!r}])\n"
        "from django.apps import apps\nassert not apps.ready\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=file.parent,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == words.RESULTS["good.enclosed"].en
    assert [path.name for path in file.parent.iterdir()] == ["receipt.zip"]


def test_each_check_is_explained(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(str(file)) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    assert "0001-case.received  收件 An office took it in and gave a slip. 2026-11-02T03:00" in told
    assert [line for line in lines if line.startswith("  ✓")] == [
        "  ✓ 内容 Content",
        "  ✓ 出示的个人信息 Personal fields shown",
        "  ✓ 在日志中 In the log",
        "  ✓ 日志签名 Signature of the log",
        "  ✓ 见证 Witnesses",
    ]
    assert '    name: "马清荷"' in lines
    assert "所用政策：凭证内附，是日志运营者自己的陈述。" in lines[0]


@pytest.mark.parametrize(
    ("name", "code", "last"),
    [
        ("good", 0, words.RESULTS["good.enclosed"].en),
        ("forged whole, with a policy of its own", 0, words.RESULTS["good.enclosed"].en),
        ("not cosigned", 0, words.RESULTS["absent.enclosed"].en),
        ("body changed", 1, "Something is wrong. Do not rely on it."),
        ("a witness too few", 1, "Something is wrong. Do not rely on it."),
    ],
)
def test_how_it_ends(
    name: str, code: int, last: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(ALL[name].data)
    assert verify(str(file)) == code
    told = capsys.readouterr().out
    assert told.endswith(f"{last}\n")
    assert words.RESULTS["good"].en not in told


def test_a_policy_of_ones_own_decides(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = file.with_name("policy")
    own.write_bytes(policy(*THREE))
    assert verify(str(file), "--policy", str(own)) == 1
    assert "Policy used: the file that you gave." in capsys.readouterr().out
    own.write_bytes(TWO_OF_THREE)
    assert verify(str(file), "--policy", str(own)) == 0
    assert capsys.readouterr().out.endswith("Everything was checked and is in order.\n")
    file.write_bytes(ALL["forged whole, with a policy of its own"].data)
    assert verify(str(file), "--policy", str(own)) == 1


def test_the_report_for_programs(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(str(file), "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["ok"], told["outcome"], told["policy"]) == (True, "good", "enclosed")
    assert told["result"] == "good.enclosed"
    (entry,) = told["entries"]
    assert [check["reason"] for check in entry["checks"]] == [*ALL["good"].reasons[0]]
    assert (entry["name"], entry["body"]["kind"]) == ("0001-case.received", "case.received")
    assert entry["shown"] == [["name", "马清荷"], ["phone", "13900000000"]]


def test_what_cannot_be_read_is_named(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_bytes(b"no ZIP")
    assert verify(str(file)) == 2
    assert capsys.readouterr() == ("", f"tongban: {file}: it is not a ZIP file, or a damaged one\n")
    assert verify(str(file.with_name("absent.zip"))) == 2
    assert "No such file" in capsys.readouterr().err


def test_a_text_in_a_receipt_cannot_write_on_the_terminal(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = b'{"_sd":[],"at":"\\u001b[2J\xe2\x80\xae","id":"","kind":"odd"}'
    file.write_bytes(sealed_as_it_is(body))
    assert verify(str(file)) == 0
    assert "0001-odd  odd \\u001b[2J\\u202e\n" in capsys.readouterr().out


@pytest.mark.parametrize("name", unreadable())
def test_what_is_no_receipt_is_told_in_a_line(
    name: str, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(unreadable()[name])
    assert verify(str(file)) == 2
    told = capsys.readouterr()
    assert (told.out, told.err.count("\n")) == ("", 1)
    assert told.err.startswith(f"tongban: {file}: ")


def test_options_of_a_receipt_need_its_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert verify("--json") == 2
    assert "name its file" in capsys.readouterr().err
