"""Documents of record 文书: what each says, its number, and its row.

The text is fixed when the verb happens and sealed under the key of (person, case); screens and
printers only render it. Words that depend on the kind of matter come from matters' rules.
"""

import hashlib
import secrets
from dataclasses import asdict
from typing import Any

from django.conf import settings

from tongban.cases.actions.frame import RECORDS, Step
from tongban.cases.actions.numbers import next_serial, record_number
from tongban.cases.models import RECORD_TABLE
from tongban.cases.rules import Remedies, day_of, remedies
from tongban.identity import api as identity
from tongban.kernel.canonical import canonical_bytes
from tongban.kernel.errors import mark
from tongban.kernel.ids import new_id
from tongban.places import api as places
from tongban.vault import api as vault

WORDS = {
    "slip": "收",
    "consent": "同意",
    "correction": "补",
    "acceptance": "受",
    "decline": "不受",
    "decision": "决",
    "delivery": "达",
}
"""The word in a document's number that tells its kind."""

CONSENT_CLAUSES = (
    mark(
        "同意由网上平台或者收件窗口接收申请材料、核验身份与材料形式，并将申请材料和数据转送办理地审批机关。"
    ),
    mark("知悉受理、审查和决定由办理地审批机关依法作出，收件不等于受理。"),
    mark("知悉个人信息只用于办理本事项；每一次查阅均留有记录，本人可以随时查看。"),
    mark("保证所填内容和所交材料真实、合法、有效。"),
)
"""What the applicant agrees to before anything is done for them (服务同意书)."""


def make_record(step: Step, kind: str, content: dict[str, Any], serial: str | None = None) -> str:
    """Add one document of record to this step and return its number.

    ``serial`` reuses the case's own serial (slip and consent); else the next of the deciding
    place's series is drawn (1 statement more).
    """
    case = step.case
    year = day_of(step.now).year
    last = serial or next_serial(case, kind, year)
    prefix = str(places.setting(case.place_id, "document_prefix") or case.place_id)
    number = record_number(prefix, WORDS[kind], year, last)
    record_id = new_id(settings.NODE)
    said = {
        **_head(step),
        "kind": kind,
        "number": number,
        **content,
        "salt": secrets.token_hex(16),  # so that nobody can try out what the digest stands for
    }
    clear = canonical_bytes(said)
    step.record_digests.append(
        {"id": record_id, "digest": hashlib.sha256(clear).hexdigest(), "record": kind}
    )
    step.records.append(
        RECORDS.made(
            id=record_id,
            case_id=case.id,
            place_id=case.place_id,
            kind=kind,
            number=number,
            seq=step.seq,
            made_on=day_of(step.now),
            content=vault.seal(
                key=step.key, table=RECORD_TABLE, row=record_id, column="content", clear=clear
            ),
        )
    )
    step.payload.setdefault("records", {})[kind] = number
    return number


def _head(step: Step) -> dict[str, Any]:
    """Return what every document says: who to, which matter, which case, by whom, when."""
    case = step.case
    agency = places.agency(case.agency_id)
    return {
        "to": recipient(step),
        "matter": step.edition.title,
        "matter_en": step.edition.title_en,
        "case_number": case.number,
        "agency": agency.name,
        "agency_en": agency.name_en,
        "office": places.office(case.receiving_office_id).name
        if case.receiving_office_id is not None
        else None,
        "office_en": places.office(case.receiving_office_id).name_en
        if case.receiving_office_id is not None
        else None,
        "made_on": day_of(step.now).isoformat(),
    }


def recipient(step: Step) -> str:
    """Return the applicant's name, looked up once per step (1 statement)."""
    if "to" not in step.cache:
        step.cache["to"] = identity.person_name(step.case.applicant_id, keyring=step.keyring)
    return step.cache["to"]


def remedies_in(*, place_id: str) -> Remedies:
    """Return the remedies against an answer of a place's agency."""
    return remedies(f"{places.place(place_id).full_name}人民政府")


def remedies_of(step: Step) -> dict[str, Any]:
    """Return the remedies against this agency's answer, as they stand in a document."""
    return asdict(remedies_in(place_id=step.case.place_id))


def material_lines(step: Step, checks: dict[str, str]) -> list[dict[str, str]]:
    """Return one line per material that was handed in or is missing, for the slip.

    ``checks`` maps a material's key to how it came: original, copy, electronic, exempt, missing.
    """
    return [
        {"title": material.title, "title_en": material.title_en, "came": checks[material.key]}
        for material in step.edition.materials
        if material.key in checks
    ]
