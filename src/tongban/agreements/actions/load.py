"""Loads agreements with their parties and openings."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.timezone import localdate

from tongban.agreements.actions.entries import record
from tongban.agreements.actions.rows import AgreementRow, OpeningRow
from tongban.agreements.actions.waiting import await_signatures, signers
from tongban.agreements.errors import AgreementInvalid, AgreementUnlawful, EndGoesBack
from tongban.agreements.messages import terms_of, text_of
from tongban.agreements.models import Agreement, AgreementParty, Opening
from tongban.agreements.rules import (
    Act,
    AgreementState,
    SilenceFrom,
    acts_fit,
    places_fit,
    undecided_only,
)
from tongban.kernel import clock
from tongban.kernel.acting import OPERATOR, Acting
from tongban.kernel.changes import Changes, Comparison, compare_rows
from tongban.kernel.ids import new_id
from tongban.matters import api as matters
from tongban.matters.errors import MatterUnknown
from tongban.places import api as places
from tongban.places.errors import PlaceMissing

_ID = re.compile(r"[a-z0-9][a-z0-9-]{2,48}")
_FIELDS = ("title", "title_en", "number", "starts_on", "ends_on", "state", "source", "sample")
_OPENING_FIELDS = ("acts", "silence_from", "sample", "withdrawn_on")
_MODES = frozenset(mode.value for mode in matters.Mode)
_BATCH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class _Load:
    """What a load starts from: the day, whether it writes, what it has warned of."""

    today: date
    apply: bool
    warnings: list[str] = field(default_factory=list)


def put_agreements(
    rows: Iterable[AgreementRow], *, apply: bool, acting: Acting = OPERATOR
) -> Changes:
    """Add and change agreements; those not named stay, openings not named are closed from today.

    Each agreement that is added or changed, itself or in what it opens, leaves an evidence entry.
    One between places of two nodes waits until both have signed it; what they sign stays as it is,
    and a difference is told as a warning.
    With ``apply=False`` nothing is written, and a place or matter not loaded yet is told as a
    warning. The whole load stops at AgreementInvalid, AgreementUnlawful, EndGoesBack, places'
    PlaceMissing or matters' MatterUnknown.
    """
    load = _Load(today=localdate(clock.now()), apply=apply)
    given: dict[str, AgreementRow] = {}
    for row in rows:
        if row.id in given:
            raise AgreementInvalid(agreement_id=row.id[:49], problems="编号重复")
        _check(row, load)
        given[row.id] = row
    with transaction.atomic():
        if apply:
            await_signatures(acting=acting)
        given, kept = _apart(given)
        # Loads of the same agreements wait for one another here.
        locked = Agreement.objects.select_for_update().filter(id__in=given).order_by("id")
        present = {row.id: row for row in locked}
        for row in given.values():
            old = present.get(row.id)
            if old is not None and old.state == AgreementState.ENDED != row.state:
                raise EndGoesBack(agreement_id=row.id)
        agreements = _compare_agreements(given, present)
        openings, wanted = _compare_openings(given, load)
        if apply:
            _write_agreements([given[agreement_id] for agreement_id in agreements.to_write])
            _write_openings(openings, wanted)
            touched = {*agreements.to_write, *(wanted[k].agreement_id for k in openings.to_write)}
            for agreement_id in sorted(touched):
                opened = [row for row in wanted.values() if row.agreement_id == agreement_id]
                record(given[agreement_id], present.get(agreement_id), opened, acting)
    return agreements.changes + openings.changes + kept + Changes(lines=load.warnings)


def _apart(given: Mapping[str, AgreementRow]) -> tuple[dict[str, AgreementRow], Changes]:
    """Let what two nodes must sign wait, and leave out what they sign or have signed already."""
    between = {key for key, row in given.items() if signers(row.party_ids)}
    terms = dict(
        Agreement.objects.filter(id__in=given).exclude(terms="").values_list("id", "terms")
    )
    rows, same, lines = {}, 0, []
    for key, row in given.items():
        if key in terms:
            differs = terms[key] != text_of(terms_of(row))
            same += not differs
            lines += [f"! agreement {key}: not loaded, nodes sign another text"] * differs
        elif key in between and row.state == AgreementState.IN_FORCE:
            rows[key] = replace(row, state=AgreementState.WAITING)
        else:
            rows[key] = row
    return rows, Changes(unchanged=same, lines=lines)


def _check(row: AgreementRow, load: _Load) -> None:
    problems = [problem for problem, wrong in _faults(row, load.today).items() if wrong]
    keys = [_key(row.id, opening) for opening in row.openings]
    problems += [f"{key} 重复" for key in sorted({key for key in keys if keys.count(key) > 1})]
    for opening in row.openings:
        if not undecided_only(opening.acts):
            beyond = sorted(set(opening.acts) - {act.value for act in Act})
            raise AgreementUnlawful(agreement_id=row.id[:49], acts=", ".join(beyond))
        problems += [
            f"{opening.matter_code} {opening.deciding_place_id}:{problem}"
            for problem, wrong in _opening_faults(opening).items()
            if wrong
        ]
    if problems:
        raise AgreementInvalid(agreement_id=row.id[:49], problems=";".join(problems[:5]))
    _check_references(row, load)


def _faults(row: AgreementRow, today: date) -> dict[str, bool]:
    ended = row.state == AgreementState.ENDED
    return {
        "编号须由小写字母、数字和 - 组成,3 至 49 个字符": not _ID.fullmatch(row.id),
        "缺少中文或英文名称": not (row.title.strip() and row.title_en.strip()),
        "至少须有两个签约地区": len(set(row.party_ids)) < 2,  # noqa: PLR2004 - two make an agreement
        "截止日早于起始日": row.ends_on is not None and row.ends_on < row.starts_on,
        "已终止的协议须写明最后一日,且不晚于今天": ended
        and (row.ends_on is None or row.ends_on > today),
        "没有这种协议状态": row.state not in list(AgreementState),
    }


def _opening_faults(opening: OpeningRow) -> dict[str, bool]:
    known = opening.mode in _MODES
    return {
        "通办模式只能是 online 或 received": not known,
        "异地代收代办须写明收件地,全程网办不写收件地": known
        and not places_fit(opening.mode, opening.receiving_place_id),
        "代收代办至少授予收件;全程网办只能授予结果送达": known
        and not acts_fit(opening.mode, opening.acts),
        "五日起算只能是 receiving 或 deciding": opening.silence_from not in list(SilenceFrom),
    }


def _check_references(row: AgreementRow, load: _Load) -> None:
    """Ask for every place and matter once; both sides of an opening must be parties or below one.

    A place that has not signed is bound by nothing and opens nothing.
    """
    sides = {opening.deciding_place_id for opening in row.openings}
    sides |= {o.receiving_place_id for o in row.openings if o.receiving_place_id is not None}
    try:
        for party in row.party_ids:
            places.place(party)
        for side in sorted(sides):
            if not any(places.within(side, party) for party in row.party_ids):
                raise AgreementInvalid(
                    agreement_id=row.id, problems=f"{side} 不是签约地区,也不在签约地区之内"
                )
        for code in sorted({opening.matter_code for opening in row.openings}):
            matters.matter(code)
    except (PlaceMissing, MatterUnknown) as missing:
        if load.apply:
            raise
        told = ", ".join(str(value) for value in missing.fields.values())
        load.warnings.append(f"! agreement {row.id}: {told} is not loaded yet")


def _compare_agreements(
    given: Mapping[str, AgreementRow], present: Mapping[str, Agreement]
) -> Comparison:
    parties: dict[str, list[str]] = {}
    signed = AgreementParty.objects.filter(agreement_id__in=given).order_by("place_id")
    for agreement_id, place_id in signed.values_list("agreement_id", "place_id"):
        parties.setdefault(agreement_id, []).append(place_id)
    wanted: dict[str, dict[str, object]] = {
        row.id: {
            **{name: _plain(getattr(row, name)) for name in _FIELDS},
            "party_ids": sorted(set(row.party_ids)),
        }
        for row in given.values()
    }
    old: dict[str, dict[str, object]] = {
        row.id: {
            **{name: getattr(row, name) for name in _FIELDS},
            "party_ids": parties.get(row.id, []),
        }
        for row in present.values()
    }
    return compare_rows("agreement", wanted, old, label="title")


def _plain(value: object) -> object:
    """Return an enum's value as the text that the database gives back."""
    return str(value) if isinstance(value, AgreementState) else value


def _compare_openings(
    given: Mapping[str, AgreementRow], load: _Load
) -> tuple[Comparison, dict[str, Opening]]:
    old = {
        _key_of(row): row for row in Opening.objects.filter(agreement_id__in=given).order_by("id")
    }
    wanted: dict[str, Opening] = {}
    for row in given.values():
        for opening in row.openings:
            key = _key(row.id, opening)
            kept = old.get(key)
            wanted[key] = Opening(
                id=new_id(settings.NODE) if kept is None else kept.id,
                agreement_id=row.id,
                matter_id=opening.matter_code,
                deciding_place_id=opening.deciding_place_id,
                receiving_place_id=opening.receiving_place_id,
                mode=opening.mode,
                acts=sorted(set(opening.acts)),
                silence_from=str(opening.silence_from),
                sample=opening.sample,
            )
    for key, kept in old.items():
        if key not in wanted:
            fields = {each.attname: getattr(kept, each.attname) for each in Opening._meta.fields}  # noqa: SLF001 - Django's documented name
            wanted[key] = Opening(**{**fields, "withdrawn_on": kept.withdrawn_on or load.today})
    compared = compare_rows(
        "opening",
        {key: _shown(row) for key, row in wanted.items()},
        {key: _shown(row) for key, row in old.items()},
        label="mode",
    )
    return compared, wanted


def _key(agreement_id: str, row: OpeningRow) -> str:
    anywhere = row.receiving_place_id or "*"
    return f"{agreement_id} {row.matter_code} {row.deciding_place_id} ← {anywhere} {row.mode}"


def _key_of(row: Opening) -> str:
    anywhere = row.receiving_place_id or "*"
    return f"{row.agreement_id} {row.matter_id} {row.deciding_place_id} ← {anywhere} {row.mode}"


def _shown(row: Opening) -> dict[str, object]:
    return {name: getattr(row, name) for name in _OPENING_FIELDS}


def _write_agreements(rows: Iterable[AgreementRow]) -> None:
    for row in rows:
        values: dict[str, Any] = {name: _plain(getattr(row, name)) for name in _FIELDS}
        if row.state == AgreementState.WAITING:
            values["terms"] = text_of(terms_of(row))
        Agreement.objects.update_or_create(id=row.id, defaults=values)
        AgreementParty.objects.filter(agreement_id=row.id).exclude(
            place_id__in=row.party_ids
        ).delete()
        AgreementParty.objects.bulk_create(
            [AgreementParty(agreement_id=row.id, place_id=each) for each in set(row.party_ids)],
            ignore_conflicts=True,
        )


def _write_openings(compared: Comparison, wanted: Mapping[str, Opening]) -> None:
    Opening.objects.bulk_create([wanted[key] for key in compared.added], batch_size=_BATCH)
    Opening.objects.bulk_update(
        [wanted[key] for key in compared.changed], _OPENING_FIELDS, batch_size=_BATCH
    )
