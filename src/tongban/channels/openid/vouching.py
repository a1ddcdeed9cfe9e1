"""The home of its people: this node tells a peer who they are, once they agree."""

from typing import Any

from csp.utils import build_policy
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt

from tongban.channels.access import GET_POST, POST, for_person, open_to_all
from tongban.channels.casefile import NUMBER_KINDS, either
from tongban.channels.errors import BadRequest, NotAtHome, PageNotFound
from tongban.channels.openid.naming import peer_words
from tongban.channels.openid.words import level_words
from tongban.channels.parts import Fact
from tongban.channels.templatetags.tongban import moment
from tongban.channels.visitor import Request
from tongban.federation import api as federation
from tongban.identity import api as identity
from tongban.kernel.acting import Channel


@open_to_all(reason="OpenID Connect Discovery: what this node's provider can do.")
def configuration(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the provider's configuration; 404 where this node is alone."""
    return JsonResponse(federation.openid_configuration(_own()))


@open_to_all(reason="The public keys of this node, as its document names them.")
def keys(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the keys in force as a JWK Set; 404 where this node is alone."""
    answer = JsonResponse(federation.openid_keys(_own()))
    answer["Content-Type"] = "application/jwk-set+json"
    return answer


def _own() -> federation.Document:
    own = federation.own()
    if own is None:
        raise PageNotFound
    return own


@for_person(methods=GET_POST)
def authorize(request: Request) -> HttpResponse:
    """Ask the person whether a peer may know who they are; send them back with the answer.

    Only who has logged in here with this node's own account: what another node says of somebody
    isn't passed on. Staff don't come here at all.
    """
    _own()
    if request.visitor.home:
        raise NotAtHome
    asking = federation.read_login_request(dict(request.GET.lists()))
    if isinstance(asking, federation.SentBack):
        return HttpResponseRedirect(asking.url)
    if request.method != "POST":
        return _consent(request, asking)
    match request.POST.get("answer", ""):
        case "allow":
            acting = request.visitor.acting(Channel.PORTAL)
            since = request.visitor.since
            if since is None:  # a person's cookie always says
                raise BadRequest
            url = federation.allow_login(acting=acting, asking=asking, logged_in_at=since)
        case "deny":
            url = federation.deny_login(asking)
        case _:
            raise BadRequest
    return HttpResponseRedirect(url)


def _consent(request: Request, asking: federation.Asking) -> HttpResponse:
    card = identity.person_card(str(request.visitor.person_id))
    peer = federation.trusted()[asking.peer]
    asker = peer_words(asking.peer)
    context: dict[str, Any] = {
        "asker": asker,
        "action_url": request.get_full_path(),
        "asking": [
            Fact(label=gettext("谁在询问"), value=asker, note=peer.address),
            Fact(label=gettext("用来做什么"), value=gettext("让您在那里登录，以本人身份办事")),
        ],
        "told": [
            Fact(label=gettext("姓名"), value=card.name, value_lang=either(card.name, "")[1]),
            Fact(label=gettext(NUMBER_KINDS[card.number_kind]), value=card.masked_number),
            Fact(label=gettext("实名等级"), value=level_words(request.visitor.assurance)),
            Fact(label=gettext("登录时间"), value=moment(localtime(request.visitor.since))),
        ],
    }
    response = render(request, "openid/consent.html", context)
    # The answer leads to the peer: browsers hold a form's redirect to this too.
    response["Content-Security-Policy"] = build_policy(update={"form-action": [peer.address]})
    return response


# Exempt: the caller is another node without cookies, and proves who it is by its key.
@open_to_all(
    reason="Peers exchange a code here; each proves itself by its key (private_key_jwt).",
    methods=POST,
)
@csrf_exempt
def token(request: Request) -> HttpResponse:
    """Answer a token request in JSON (RFC 6749, 5)."""
    _own()
    form = dict(request.POST.lists()) if request.content_type == _FORM else {}
    found = federation.answer_token(form)
    answer = JsonResponse(found.body, status=found.status)
    answer["Cache-Control"] = "no-store"
    return answer


_FORM = "application/x-www-form-urlencoded"
