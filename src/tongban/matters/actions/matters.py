"""Loads matters."""

import re
import unicodedata
from collections.abc import Iterable

from django.db import transaction

from tongban.kernel.changes import Changes, compare_rows
from tongban.matters.actions.rows import MatterRow
from tongban.matters.errors import MatterInvalid
from tongban.matters.models import Matter
from tongban.matters.rules import folded
from tongban.matters.rules.law import TASK_TYPES

_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_FIELDS = ("title", "title_en", "aliases", "task_type", "source", "sample")
_BATCH = 200
_TITLE_LENGTH = 200


def put_matters(rows: Iterable[MatterRow], *, apply: bool) -> Changes:
    """Add and change matters; those not named stay. MatterInvalid stops the whole load.

    With ``apply=False`` nothing is written. A changed title reaches only editions published
    afterwards.
    """
    wanted: dict[str, dict[str, object]] = {}
    for row in rows:
        if row.code in wanted:
            raise MatterInvalid(matter_code=row.code, problems="编码重复")
        wanted[row.code] = _wanted(row)
    with transaction.atomic():
        present = {
            found["code"]: found
            for found in Matter.objects.select_for_update().values("code", *_FIELDS)
        }
        compared = compare_rows("matter", wanted, present, label="title")
        if apply:
            _write({code: wanted[code] for code in compared.to_write})
    return compared.changes


def _wanted(row: MatterRow) -> dict[str, object]:
    problems = []
    if not _CODE.fullmatch(row.code):
        problems.append("编码须由字母、数字和 . _ - 组成,不超过 64 个字符")
    if not 0 < len(row.title.strip()) <= _TITLE_LENGTH:
        problems.append("名称须为 1 至 200 个字")
    if not row.title_en.strip():
        problems.append("缺少英文名称")
    if row.task_type not in TASK_TYPES:
        problems.append(f"没有代码为 {row.task_type} 的事项类型")
    if problems:
        raise MatterInvalid(matter_code=row.code[:64], problems=";".join(problems))
    return {
        "title": _nfc(row.title),
        "title_en": _nfc(row.title_en),
        "aliases": [_nfc(alias) for alias in row.aliases],
        "task_type": row.task_type,
        "source": row.source,
        "sample": row.sample,
    }


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _write(rows: dict[str, dict[str, object]]) -> None:
    made = []
    for code, row in rows.items():
        matter = Matter(code=code, **row)
        matter.search_text = folded(matter.title, matter.title_en, *matter.aliases, code)
        made.append(matter)
    Matter.objects.bulk_create(
        made,
        batch_size=_BATCH,
        update_conflicts=True,
        unique_fields=["code"],
        update_fields=[*_FIELDS, "search_text"],
    )
