"""The form by which a person gives another the power to act for them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

from django.db import transaction
from django.utils.translation import gettext

from tongban.channels import problems
from tongban.channels.idempotency import form_key
from tongban.channels.parts import Choice, Field, FieldKind, Form, Problem, Section
from tongban.channels.portal.frame import reading, today
from tongban.channels.visitor import Request
from tongban.identity import api as identity
from tongban.identity.api import Ground, NumberKind, Scope, ScopeKind
from tongban.identity.errors import MandateRefused, NameDiffers, NameRefused, NumberRefused
from tongban.kernel.acting import Assurance
from tongban.kernel.errors import mark
from tongban.places import api as places
from tongban.vault import api as vault
from tongban.work import api as work

_USUAL_DAYS = 90

_NUMBER_KINDS = {
    NumberKind.RESIDENT: mark("居民身份证、港澳台居民居住证"),
    NumberKind.PASSPORT: mark("护照"),
    NumberKind.HK_MACAO_PERMIT: mark("港澳居民来往内地通行证"),
    NumberKind.TAIWAN_PERMIT: mark("台湾居民来往大陆通行证"),
    NumberKind.FOREIGN_RESIDENT: mark("外国人永久居留身份证"),
}

_FAULTS = {
    "self": ("number", mark("不能委托自己。")),
    "dates": ("ends_on", mark("结束日期不能早于开始日期，也不能早于今天。")),
    "scope": ("matter", mark("请选择委托办理的事项。")),
}

_ANY = "any"
_RADIO_CHOICES = 5

_NOBODY = mark(
    "没有找到姓名和证件号码都相符的实名用户。请核对；对方未登记的，先到窗口办理实名登记。"
)

_NAMES = ("name", "number_kind", "number", "matter", "starts_on", "ends_on")


class MandateForm:
    """What was filled in, and what is wrong with it."""

    def __init__(self, matter_titles: Mapping[str, str]) -> None:
        """Start with the usual answers: any matter, from today, for ninety days."""
        self.matter_titles = matter_titles
        self.status = 200
        self.values = {
            "name": "",
            "number_kind": NumberKind.RESIDENT.value,
            "number": "",
            "matter": _ANY,
            "starts_on": today().isoformat(),
            "ends_on": (today() + timedelta(days=_USUAL_DAYS)).isoformat(),
        }
        self.problems: dict[str, str] = {}

    def read(self, posted: Mapping[str, str]) -> None:
        """Take what was sent."""
        self.values = {name: posted.get(name, "").strip() for name in _NAMES}

    def grant(self, request: Request) -> bool:
        """Give the mandate; False with the problems at their questions.

        The agent must be registered: whether the number or the name is wrong is not told, so
        that nobody's number can be tried out.
        """
        starts_on, ends_on = self._day("starts_on"), self._day("ends_on")
        if self.values["number_kind"] not in set(NumberKind):
            self._put("number_kind", gettext("请选择证件类型。"), 400)
        matter = self.values["matter"]
        if matter != _ANY and matter not in self.matter_titles:
            self._put("matter", gettext("请选择委托办理的事项。"), 400)
        if self.problems or starts_on is None or ends_on is None:
            return False
        scope = Scope(ScopeKind.ANY) if matter == _ANY else Scope(ScopeKind.MATTER, matter)
        try:
            self._grant(request, scope, starts_on, ends_on)
        except (NumberRefused, NameRefused) as refusal:
            what, todo = problems.text_of(refusal)
            at = "number" if isinstance(refusal, NumberRefused) else "name"
            self._put(at, f"{what}{todo}", problems.STATUS[refusal.kind])
        except NameDiffers:
            self._put("number", gettext(_NOBODY), 400)
        except MandateRefused as refusal:
            at, message = _FAULTS[str(refusal.fields["reason"])]
            self._put(at, gettext(message), problems.STATUS[refusal.kind])
        return not self.problems

    def _grant(self, request: Request, scope: Scope, starts_on: date, ends_on: date) -> None:
        acting, key = reading(request), form_key(request)
        me = str(request.visitor.person_id)
        digest = vault.blind_index(purpose="idempotency", value="\n".join(self.values.values()))
        with transaction.atomic():
            place = f"portal.mandate:{me}"
            if work.claim_key(scope=place, key=key, digest=digest) is not None:
                return
            agent_id = self._agent(request)
            identity.grant_mandate(
                acting=acting,
                principal_id=me,
                agent_id=agent_id,
                scope=scope,
                starts_on=starts_on,
                ends_on=ends_on,
                ground=Ground.ONLINE,
            )
            work.settle_key(scope=place, key=key, answer={})

    def _agent(self, request: Request) -> str:
        """Return the registered person of that number and name; NameDiffers if there is none.

        Nobody is registered here: only who is there already is asked whether the name fits.
        """
        kind = NumberKind(self.values["number_kind"])
        found = identity.find_person(number_kind=kind, number=self.values["number"])
        if found is None:
            raise NameDiffers
        return identity.register_person(
            acting=reading(request),
            place_id=places.children(None)[0].id,  # of no effect: the person is there
            name=self.values["name"],
            number_kind=kind,
            number=self.values["number"],
            phone="",
            assurance=Assurance.ANONYMOUS,
        ).id

    def _day(self, name: str) -> date | None:
        try:
            return date.fromisoformat(self.values[name])
        except ValueError:
            self._put(name, gettext("请填写日期，例如 2026-12-31。"), 400)
            return None

    def _put(self, name: str, message: str, status: int) -> None:
        self.problems[name] = message
        self.status = status

    def shown(self) -> Form:
        """Return the form for parts/form_sections.html."""
        fields = (
            self._field("name", gettext("受托人姓名"), help_text=gettext("与证件上的姓名一致。")),
            self._field(
                "number_kind",
                gettext("受托人证件类型"),
                kind="select",
                choices=[(kind.value, gettext(name)) for kind, name in _NUMBER_KINDS.items()],
            ),
            self._field("number", gettext("受托人证件号码"), width="l"),
            self._field(
                "matter",
                gettext("委托办理的事项"),
                kind="radio" if len(self.matter_titles) < _RADIO_CHOICES else "select",
                choices=[(_ANY, gettext("全部事项")), *self.matter_titles.items()],
            ),
            self._field("starts_on", gettext("开始日期"), kind="date", width="m"),
            self._field(
                "ends_on",
                gettext("结束日期"),
                kind="date",
                width="m",
                help_text=gettext("到这一天为止（含当天）；可以随时提前撤销。"),
            ),
        )
        told = tuple(
            Problem(
                message=gettext("{label}：{problem}").format(label=one.label, problem=one.problem),
                target=one.target,
            )
            for one in fields
            if one.problem
        )
        return Form(sections=(Section(key="mandate", title="", fields=fields),), problems=told)

    def _field(
        self,
        name: str,
        label: str,
        *,
        kind: FieldKind = "text",
        help_text: str = "",
        width: Literal["", "m", "l"] = "",
        choices: Sequence[tuple[str, str]] = (),
    ) -> Field:
        """Return one question; all of them must be answered."""
        value = self.values[name]
        return Field(
            name=name,
            label=label,
            kind=kind,
            value=value,
            help=help_text,
            problem=self.problems.get(name, ""),
            required=True,
            width=width,
            autocomplete="off",
            choices=tuple(
                Choice(value=each, label=words, selected=each == value) for each, words in choices
            ),
        )
