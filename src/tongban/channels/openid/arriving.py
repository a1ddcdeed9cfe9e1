"""The place where a person arrives with their account at another node."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from tongban.channels import problems, sessions
from tongban.channels.access import GET_POST, open_to_all
from tongban.channels.casefile import NUMBER_KINDS, either
from tongban.channels.errors import LoginUnavailable
from tongban.channels.openid import pending
from tongban.channels.openid.naming import peer_words
from tongban.channels.openid.pending import Pending
from tongban.channels.openid.words import level_words
from tongban.channels.parts import Fact
from tongban.channels.paths import local_path
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.identity.api import Entered, HomeStatement
from tongban.kernel.acting import Assurance
from tongban.kernel.checksums import mask_name, mask_number
from tongban.kernel.errors import Refusal


@open_to_all(
    reason="Nobody is logged in before they have been home; it keeps nothing but a cookie."
)
def start(request: Request, peer: str) -> HttpResponse:
    """Send the person to their home node, with what they must bring back in a cookie."""
    begun = federation.begin_login(peer)
    onward = local_path(request.GET.get("next"), default="")
    response = HttpResponseRedirect(begun.url)
    pending.keep(request, response, Pending(begun=begun, onward=onward))
    return response


@open_to_all(reason="The home node sends the person back here; the state is their browser's own.")
def callback(request: Request) -> HttpResponse:
    """Take what the person brings back; let in whoever is linked, ask anybody else to confirm.

    Once: whatever comes of it, the state is gone.
    """
    one = pending.brought_back(request)
    try:
        token = federation.finish_login(one.begun, dict(request.GET.lists()))
        told = federation.read_id_token(one.begun, token)
        entered = identity.enter_by_link(
            peer=one.begun.peer, told=told, most=federation.believed(one.begun.peer)
        )
    except Refusal as refusal:
        response = problems.respond(request, refusal)
        pending.forget(request, response)
        return response
    if entered is not None:
        return _let_in(request, one, entered)
    onward = HttpResponseRedirect(reverse("openid:confirm"))
    pending.keep_told(request, onward, one, token)
    return onward


@open_to_all(
    reason="The person is known by what their home node said, encrypted, in their own cookie.",
    methods=GET_POST,
)
def confirm(request: Request) -> HttpResponse:
    """Ask the person to link their account, or to be registered; do it when they say so."""
    one, token = pending.told(request)
    told = federation.read_id_token(one.begun, token)
    if request.method != "POST":
        return _ask(request, one, told)
    own = federation.own()
    if own is None or not own.places:
        raise LoginUnavailable
    entered = identity.link_home(
        peer=one.begun.peer,
        told=told,
        most=federation.believed(one.begun.peer),
        place_id=own.places[0],
    )
    return _let_in(request, one, entered)


def _let_in(request: Request, one: Pending, entered: Entered) -> HttpResponse:
    response = HttpResponseRedirect(one.onward or reverse("portal:home"))
    sessions.open_person(
        request,
        response,
        person_id=entered.person_id,
        assurance=entered.assurance,
        home=one.begun.peer,
    )
    pending.forget(request, response)
    return response


def _ask(request: Request, one: Pending, told: HomeStatement) -> HttpResponse:
    home = peer_words(one.begun.peer)
    known = identity.find_person(number_kind=told.number_kind, number=told.number) is not None
    if known:
        title = gettext("关联您在{home}的账户？").format(home=home)
        text = gettext(
            "本站已有一位登记了同一证件号码的人。确认是您本人后，以后可以直接用{home}的账户登录。"
        )
        label = gettext("是我本人，关联并登录")
    else:
        title = gettext("用{home}的账户在本站登记？").format(home=home)
        text = gettext("本站还没有您的登记。确认后，将用{home}提供的下列信息登记并登录。")
        label = gettext("登记并登录")
    level = Assurance(min(told.assurance, federation.believed(one.begun.peer)))
    name = mask_name(told.name)
    context = {
        "title": title,
        "text": text.format(home=home),
        "facts": [
            Fact(label=gettext("注册地"), value=home),
            Fact(label=gettext("姓名"), value=name, value_lang=either(name, "")[1]),
            Fact(label=gettext(NUMBER_KINDS[told.number_kind]), value=mask_number(told.number)),
            Fact(label=gettext("实名等级"), value=level_words(level)),
        ],
        "action_url": request.path,
        "back_url": reverse("entry:login"),
        "confirm_label": label,
        "layout": "portal/base.html",
    }
    response = render(request, "confirm.html", context)
    response["Cache-Control"] = "no-store"  # it names a person, and there is no session yet
    return response
