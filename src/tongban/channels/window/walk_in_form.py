"""The questions of a walk-in's first form, as the parts show them."""

from typing import Any

from django.utils.translation import gettext

from tongban.channels.casefile import NUMBER_KINDS, labelled
from tongban.channels.parts import Choice, Field, FileField, Problem
from tongban.channels.visitor import Request
from tongban.channels.window import agent
from tongban.channels.window.offers import Offer
from tongban.channels.window.told import Told
from tongban.identity.api import NumberKind

_SHOWN = 30
"""Matters on the page; with more the clerk narrows them by words."""

_FEW = 8
"""Up to so many matters need no search."""

_BOX = 200
"""Characters that a box takes: far more than any name, and the answer says what is too long."""


def context(request: Request, offers: list[Offer], find: str, told: Told) -> dict[str, Any]:
    """Return the page's fields with what was typed, and every problem with a link to its field."""
    person = _card(request, told, "", first=True)
    helper = _card(request, told, "agent_", first=False)
    letter = _letter(request, told)
    fields: list[Field | FileField] = [*person, *helper, *letter, _matter(request, offers, told)]
    return {
        "person": person,
        "agent": helper,
        "letter": letter,
        "matter": _matter(request, offers[:_SHOWN], told),
        "offers": offers[:_SHOWN],
        "left_out": max(0, len(offers) - _SHOWN),
        "find": find,
        "searchable": bool(find) or len(offers) > _FEW,
        "agent_open": agent.named(request) or any(name in told.messages for name in agent.NAMES),
        "problems": tuple(
            Problem(message=labelled(one.label, one.problem), target=one.target)
            for one in fields
            if one.problem
        ),
        "code": " ".join(told.codes),
    }


def _card(request: Request, told: Told, prefix: str, *, first: bool) -> tuple[Field, ...]:
    def text(name: str, label: str, **more: Any) -> Field:  # noqa: ANN401 - a part's own fields
        return Field(
            name=prefix + name,
            label=label,
            value=request.POST.get(prefix + name, ""),
            problem=told.at(prefix + name),
            autocomplete="off",
            max_length=_BOX,
            **more,
        )

    chosen = request.POST.get(f"{prefix}number_kind", NumberKind.RESIDENT.value)
    kind = Field(
        name=f"{prefix}number_kind",
        label=gettext("证件类型"),
        kind="select",
        required=True,
        choices=tuple(
            Choice(value=kind.value, label=gettext(label), selected=kind.value == chosen)
            for kind, label in NUMBER_KINDS.items()
        ),
    )
    return (
        text("name", gettext("姓名"), required=True, autofocus=first and not told.messages),
        kind,
        text("number", gettext("证件号码"), required=True),
        text("phone", gettext("手机号码"), inputmode="tel"),
    )


def _letter(request: Request, told: Told) -> tuple[Field | FileField, ...]:
    return (
        FileField(
            name="agent_letter",
            label=gettext("授权委托书（扫描件）"),
            help=gettext("委托人签字、写明委托事项和期限。"),
            problem=told.at("agent_letter"),
            required=True,
        ),
        Field(
            name="agent_until",
            label=gettext("委托有效期至"),
            kind="date",
            required=True,
            width="m",
            value=request.POST.get("agent_until", ""),
            problem=told.at("agent_until"),
        ),
        Field(
            name="agent_seen",
            label=gettext("已核验代理人的身份证件原件和授权委托书原件"),
            kind="checkbox",
            required=True,
            value=request.POST.get("agent_seen", ""),
            problem=told.at("agent_seen"),
        ),
    )


def _matter(request: Request, offers: list[Offer], told: Told) -> Field:
    chosen = request.POST.get("edition", "")
    only = len(offers) == 1 and not chosen
    return Field(
        name="edition",
        label=gettext("办理事项"),
        kind="radio",
        width="l",
        required=True,
        problem=told.at("edition"),
        choices=tuple(
            Choice(
                value=one.edition_id,
                label=gettext("{title} · {place}").format(title=one.title, place=one.place),
                hint=gettext("由{agency}受理和决定").format(agency=one.agency),
                selected=only or one.edition_id == chosen,
            )
            for one in offers
        ),
    )
