"""What ``tongban verify FILE`` prints: each check of a receipt, in words."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tongban.evidence import offline
from tongban.evidence.offline import KINDS, EntryReport, Outcome, Report, words

_MARKS = {Outcome.GOOD: "✓", Outcome.ABSENT: "○", Outcome.OPEN: "?", Outcome.BAD: "✗"}
_UNREADABLE = 2


def verify_receipt(file: Path, policy: Path | None, *, as_json: bool) -> int:
    """Check a receipt and print the report; 0 good, 1 not, 2 unreadable."""
    try:
        report = offline.check(_read(file), None if policy is None else _read(policy))
    except (OSError, offline.Unreadable) as error:
        print(f"tongban: {_shown(f'{file}: {error}')}", file=sys.stderr)
        return _UNREADABLE
    if as_json:
        print(json.dumps(_data(report), ensure_ascii=True, indent=2))
    else:
        for line in _lines(report):
            print(_shown(line))
    return 0 if report.ok else 1


def _read(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(offline.MAX_RECEIPT + 1)


def _lines(report: Report) -> Iterator[str]:
    yield from words.POLICY[report.policy_given]
    for entry in report.entries:
        yield ""
        yield f"{entry.name}  {_title(entry)}"
        for check in entry.checks:
            zh, en = words.STEPS[check.step]
            yield f"  {_MARKS[check.outcome]} {zh} {en}"
            yield f"      {check.zh}"
            yield f"      {check.en}"
        for name, value in entry.shown:
            yield f"    {name}: {json.dumps(value, ensure_ascii=False)}"
    if report.others:
        yield ""
        yield from (text.format(names=", ".join(report.others)) for text in words.OTHERS)
    yield ""
    yield from words.PROVES_NOT
    yield from (f"  - {text}" for limit in words.LIMITS for text in limit)
    yield ""
    yield from words.RESULTS[report.result]


def _title(entry: EntryReport) -> str:
    """Return kind and moment, once the content has proved its leaf."""
    if not entry.body:
        return ""
    kind = KINDS.get(entry.body["kind"])
    title = entry.body["kind"] if kind is None else f"{kind.title} {kind.description}"
    return f"{title} {entry.body['at']}"


def _shown(line: str) -> str:
    """Return the line without what could move a terminal's cursor or hide a text."""
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in line)


def _data(report: Report) -> dict[str, Any]:
    return {
        "ok": report.ok,
        "outcome": report.outcome,
        "result": report.result,
        "policy": "given" if report.policy_given else "enclosed",
        "entries": [
            {
                "name": entry.name,
                "outcome": entry.outcome,
                "checks": [
                    {
                        "step": check.step,
                        "outcome": check.outcome,
                        "reason": check.reason,
                        "zh": check.zh,
                        "en": check.en,
                    }
                    for check in entry.checks
                ],
                "body": entry.body,
                "shown": [list(pair) for pair in entry.shown],
            }
            for entry in report.entries
        ],
        "others": list(report.others),
    }
