"""The shapes of an edition: what a place says about a matter."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tongban.kernel.workdays import Limit


class EditionState(StrEnum):
    """Where an edition stands. A withdrawn one stays readable: its cases go on under it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Mode(StrEnum):
    """通办模式 that an edition can be applied for in."""

    ONLINE = "online"  # 全程网办
    RECEIVED = "received"  # 异地代收代办


class DecisionKind(StrEnum):
    """What sort of act the decision is; it words the decision."""

    LICENCE = "licence"  # 许可
    REGISTRATION = "registration"  # 登记
    CONFIRMATION = "confirmation"  # 确认
    PAYMENT = "payment"  # 给付
    REWARD = "reward"  # 奖励
    FILING = "filing"  # 备案
    SERVICE = "service"  # 公共服务


class MaterialSource(StrEnum):
    """Where a material comes from."""

    APPLICANT = "applicant"  # 申请人自备
    LICENCE = "licence"  # 电子证照库
    SHARED = "shared"  # 数据共享
    PLEDGE = "pledge"  # 告知承诺


class Necessity(StrEnum):
    """Whether a material must be there."""

    REQUIRED = "required"  # 必要
    OPTIONAL = "optional"  # 非必要
    DEFERRABLE = "deferrable"  # 容缺后补


class MaterialForm(StrEnum):
    """In which form a material is handed in."""

    PAPER = "paper"
    ELECTRONIC = "electronic"
    EITHER = "either"


class ResultKind(StrEnum):
    """What the applicant gets (结果类型)."""

    LICENCE = "licence"  # 证件执照
    APPROVAL = "approval"  # 批文批复
    PROOF = "proof"  # 证明文件
    PAPER = "paper"  # 其他文件
    PAYMENT = "payment"  # 款项


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitView:
    """A limit, the article it rests on, and whether it is only a sample."""

    limit: Limit
    basis: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """材料. ``exempt`` 免提交: government holds it, so that it is not asked for.

    ``key`` is unique within the edition. Originals and copies are counts of paper.
    """

    key: str
    title: str
    title_en: str
    source: MaterialSource
    necessity: Necessity
    form: MaterialForm
    originals: int
    copies: int
    accept_standard: str
    accept_standard_en: str
    exempt: bool
    source_note: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultView:
    """What is handed down. ``form`` tells whether paper has to travel."""

    title: str
    title_en: str
    kind: ResultKind
    form: MaterialForm
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee:
    """收费. Not charged: ``text`` may still say so."""

    charged: bool
    text: str
    text_en: str
    basis: str
    sample: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionWords:
    """How granting and refusing are worded in a decision."""

    granted: str
    refused: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionView:
    """One version of a place's edition; never changes once published.

    ``form_schema`` is JSON Schema 2020-12 and belongs to a cache: do not change it. ``samples``
    names the cells that no source confirms, as dotted paths (``promised``,
    ``materials.photo.copies``); ``sample`` marks the edition as a whole.
    ``assurance_online`` is the 实名等级 (1 to 3) needed to apply online.
    """

    id: str
    matter_code: str
    title: str
    title_en: str
    task_type: str
    place_id: str
    agency_id: str
    version: int
    handle_item_code: str
    modes: tuple[Mode, ...]
    decision_kind: DecisionKind
    decision_words: DecisionWords
    silence_accepts: bool
    form_schema: Mapping[str, Any]
    materials: tuple[Material, ...]
    statutory: LimitView
    promised: LimitView | None
    extension: LimitView | None
    receive_answer_limit: Limit
    deliver_limit: Limit
    assurance_online: int
    conditions: str
    conditions_en: str
    result: ResultView
    fee: Fee
    samples: tuple[str, ...]
    source: str
    sample: bool

    def material(self, key: str) -> Material | None:
        """Return the material of that key, None if there is none."""
        return next((material for material in self.materials if material.key == key), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    """What is wrong with one field of a filled-in form.

    ``path`` is the field's names joined by dots, a position in a list as its number from 0
    (``vehicles.0.plate``); empty for the form as a whole. ``code`` is stable, ``message`` is in
    the language in force.
    """

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentProblem:
    """What is wrong with an edition: where, a stable code, and a Chinese sentence.

    ``article`` cites the law, empty where it is a matter of form.
    """

    path: str
    code: str
    message: str
    article: str = ""
