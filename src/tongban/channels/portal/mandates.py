"""Mandates 授权委托: given, held, withdrawn."""

from typing import Any

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.channels.access import GET_POST, for_person
from tongban.channels.casefile import day_words, either
from tongban.channels.parts import Fact, Tone
from tongban.channels.portal.frame import crumb, page, reading, today
from tongban.channels.portal.mandate_form import MandateForm
from tongban.channels.visitor import Request
from tongban.identity import api as identity
from tongban.identity.api import MandateView, ScopeKind
from tongban.identity.errors import MandateMissing
from tongban.matters import api as matters


@for_person(methods=GET_POST)
def mandates(request: Request) -> HttpResponse:
    """List the mandates of the person; give a new one."""
    titles = _matter_titles()
    form = MandateForm(titles)
    if request.method == "POST":
        form.read(request.POST)
        if form.grant(request):
            return HttpResponseRedirect(f"{reverse('portal:mandates')}?done=granted")
    me = str(request.visitor.person_id)
    held = identity.mandates_of(me)
    names = identity.masked_names(
        {one.agent_id if one.principal_id == me else one.principal_id for one in held}
    )
    title = gettext("委托代办")
    context = {
        **page(request, "portal:mandates", [crumb(title)]),
        "title": title,
        "form": form.shown(),
        "given": [_card(one, me, names, titles) for one in held if one.principal_id == me],
        "received": [_card(one, me, names, titles) for one in held if one.agent_id == me],
        "done": request.GET.get("done", ""),
    }
    return render(request, "portal/mandates.html", context, status=form.status)


@for_person(methods=GET_POST)
def withdraw(request: Request, mandate_id: str) -> HttpResponse:
    """Ask once more, then end a mandate: the principal takes it back, the agent gives it up."""
    me = str(request.visitor.person_id)
    if request.method == "POST":
        identity.withdraw_mandate(acting=reading(request), mandate_id=mandate_id)
        return HttpResponseRedirect(f"{reverse('portal:mandates')}?done=withdrawn")
    found = next((one for one in identity.mandates_of(me) if one.id == mandate_id), None)
    if found is None:
        raise MandateMissing
    other = found.agent_id if found.principal_id == me else found.principal_id
    card = _card(found, me, identity.masked_names({other}), _matter_titles())
    context = page(request) | {
        "title": gettext("撤销这项委托？"),
        "text": gettext("撤销后立即失效，受托人不能再查看或者办理您的办件。")
        if found.principal_id == me
        else gettext("放弃后立即失效，您不能再查看或者办理委托人的办件。"),
        "facts": card["facts"],
        "action_url": request.path,
        "back_url": reverse("portal:mandates"),
        "back_label": gettext("返回委托代办"),
        "confirm_label": gettext("确认撤销"),
        "grave": True,
        "layout": "portal/base.html",
    }
    return render(request, "confirm.html", context)


def _matter_titles() -> dict[str, str]:
    """Return the titles of published matters by code (1 statement)."""
    return {row.matter_code: either(row.title, row.title_en)[0] for row in matters.editions_for()}


def _card(
    mandate: MandateView, me: str, names: dict[str, str], titles: dict[str, str]
) -> dict[str, Any]:
    """Return one mandate as the list shows it."""
    given = mandate.principal_id == me
    other = mandate.agent_id if given else mandate.principal_id
    label, tone, live = _standing(mandate)
    scope = mandate.scope
    reach = {
        ScopeKind.ANY: gettext("全部事项"),
        ScopeKind.MATTER: titles.get(scope.id, scope.id),
        ScopeKind.CASE: gettext("一个指定的办件"),
    }[scope.kind]
    name = names.get(other, gettext("已注销的用户"))
    terms = [
        Fact(label=gettext("范围"), value=reach),
        Fact(
            label=gettext("期限"),
            value=gettext("{start} 至 {end}").format(
                start=day_words(mandate.starts_on), end=day_words(mandate.ends_on)
            ),
        ),
    ]
    return {
        "name": name,
        "label": label,
        "tone": tone,
        "url": reverse("portal:mandate_withdraw", args=[mandate.id]) if live else "",
        "terms": terms,
        "facts": [
            Fact(label=gettext("受托人") if given else gettext("委托人"), value=name),
            *terms,
        ],
    }


def _standing(mandate: MandateView) -> tuple[str, Tone, bool]:
    """Return how a mandate stands, and whether there is anything left to withdraw."""
    if mandate.withdrawn_at is not None:
        return gettext("已撤销"), "neutral", False
    if today() > mandate.ends_on:
        return gettext("已到期"), "neutral", False
    if today() < mandate.starts_on:
        return gettext("未开始"), "waiting", True
    return gettext("有效"), "good", True
