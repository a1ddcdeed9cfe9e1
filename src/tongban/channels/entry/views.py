"""Views of the entrance."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from tongban.channels import sessions
from tongban.channels.access import GET_POST, POST, open_to_all
from tongban.channels.context import THEME_COOKIE, THEMES
from tongban.channels.entry import demo, health
from tongban.channels.errors import BadRequest, LoginRequired, LoginUnavailable, PageNotFound
from tongban.channels.openid.naming import homes_offered
from tongban.channels.paths import address_with_next, local_path
from tongban.channels.visitor import Request
from tongban.identity import api as identity
from tongban.identity.api import LoginFault, PostView
from tongban.identity.errors import StaffMissing
from tongban.kernel.acting import Assurance, Channel

_PREFERENCE_LIFE = timedelta(days=365)
_ASKED_FOR = "/openid/authorize"

LANDING = {Channel.PORTAL: "/", Channel.WINDOW: "/window/", Channel.DESK: "/desk/"}
"""Where each door's people arrive after login, when they were not on their way elsewhere."""


@open_to_all(reason="Nobody can log in before the login page.")
def login(request: Request) -> HttpResponse:
    """Show the ways to log in; on a demo machine that is the list of demo people."""
    onward = local_path(request.GET.get("next"), default="")
    return _login_page(request, onward)


def _login_page(request: Request, onward: str) -> HttpResponse:
    offered = demo.allowed(request)
    people = demo.people() if offered else ()
    context = {
        "demo": offered,
        "people": [one for one in people if one.person_id is not None],
        "staff": [one for one in people if one.login is not None],
        "next": onward,
        # Who is asked for by another node must log in here.
        "homes": None if onward.startswith(_ASKED_FOR) else homes_offered(request, onward),
    }
    return render(request, "entry/login.html", context)


@open_to_all(
    reason="One-click login of made-up people; not there outside a demo machine.", methods=GET_POST
)
def demo_people(request: Request) -> HttpResponseBase:
    """List the demo people, or log in as the one with the posted ``key``."""
    if not demo.allowed(request):
        raise PageNotFound
    if request.method != "POST":
        return _login_page(request, local_path(request.GET.get("next"), default=""))
    onward = local_path(request.POST.get("next"), default="")
    key = request.POST.get("key", "")
    chosen = next((one for one in demo.people() if one.key == key), None)
    if chosen is None:
        raise LoginUnavailable
    if chosen.person_id is not None:
        response = HttpResponseRedirect(onward or LANDING[Channel.PORTAL])
        # A made-up person proves nothing: the level is the one they are registered with.
        sessions.open_person(
            request, response, person_id=chosen.person_id, assurance=Assurance.HIGH
        )
        return response
    return _enter_staff(request, login=str(chosen.login), onward=onward)


def _enter_staff(request: Request, *, login: str, onward: str) -> HttpResponse:
    """Go straight in with one post, to the chooser with several."""
    posts = _posts_of(login)
    if len(posts) == 1:
        return _open_post(request, posts[0], onward)
    response = HttpResponseRedirect(address_with_next("entry:posts", onward))
    sessions.prove_staff(request, response, login=login)
    return response


def _posts_of(login: str) -> list[PostView]:
    """Return the posts held today; raises LoginUnavailable for none, which leaves evidence."""
    try:
        posts = identity.staff_posts(login=login)
    except StaffMissing as error:
        _note_refused(login, LoginFault.NO_POST)
        raise LoginUnavailable from error
    if not posts:
        _note_refused(login, LoginFault.NO_POST)
        raise LoginUnavailable
    return posts


def _note_refused(login: str, fault: LoginFault) -> None:
    # Behind which door they would have worked is not known: they came in by none.
    identity.refuse_staff_login(login=login, channel=Channel.DESK, fault=fault)


def _open_post(request: Request, post: PostView, onward: str) -> HttpResponse:
    channel = _channel_of(post)
    response = HttpResponseRedirect(onward or LANDING[channel])
    sessions.open_staff(request, response, post_id=post.id, channel=channel)
    return response


def _channel_of(post: PostView) -> Channel:
    """Return the door a post works behind: an office's post at its window, any other at a desk."""
    return Channel.DESK if post.office_id is None else Channel.WINDOW


@open_to_all(
    reason="The login is proved by a signed cookie, the session begins after the choice.",
    methods=GET_POST,
)
def choose_post(request: Request) -> HttpResponseBase:
    """Let a staff member whose login is proved choose the post to work from."""
    login = sessions.proved_login(request)
    if login is None:
        if request.method == "POST":
            raise LoginRequired
        return HttpResponseRedirect(address_with_next("entry:login", request.GET.get("next")))
    posts = _posts_of(login)
    if request.method != "POST":
        onward = local_path(request.GET.get("next"), default="")
        return render(request, "entry/posts.html", {"posts": posts, "next": onward})
    wanted = request.POST.get("post", "")
    chosen = next((post for post in posts if post.id == wanted), None)
    if chosen is None:
        _note_refused(login, LoginFault.NOT_THEIRS)
        raise LoginUnavailable
    return _open_post(request, chosen, local_path(request.POST.get("next"), default=""))


@open_to_all(reason="Logging out twice does no harm.", methods=POST)
def logout(request: Request) -> HttpResponse:
    """End the session here; with ``everywhere`` a person's on all devices."""
    response = HttpResponseRedirect(reverse("portal:home"))
    if request.POST.get("everywhere") == "1":
        sessions.close_everywhere(request, response, request.visitor)
    else:
        sessions.close(request, response)
    return response


@open_to_all(reason="The language is chosen before logging in.", methods=POST)
def switch_language(request: Request) -> HttpResponse:
    """Keep the posted ``language`` in a cookie and go back to the same page."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES):
        raise BadRequest
    return _prefer(request, settings.LANGUAGE_COOKIE_NAME, language)


@open_to_all(reason="Light or dark is chosen before logging in.", methods=POST)
def switch_theme(request: Request) -> HttpResponse:
    """Keep the posted ``theme`` in a cookie and go back to the same page."""
    theme = request.POST.get("theme", "")
    if theme not in THEMES:
        raise BadRequest
    return _prefer(request, THEME_COOKIE, theme)


def _prefer(request: Request, name: str, value: str) -> HttpResponse:
    response = HttpResponseRedirect(local_path(request.POST.get("next"), default="/"))
    response.set_cookie(
        name,
        value,
        max_age=_PREFERENCE_LIFE,
        httponly=True,
        samesite="Lax",
        secure=request.is_secure(),
    )
    return response


@open_to_all(reason="Load balancers and `make run` ask it; it tells nothing but yes or no.")
def healthz(request: Request) -> HttpResponse:  # noqa: ARG001 - a view takes the request
    """Answer 200 when this process can serve, else 503."""
    able = health.ready()
    return JsonResponse({"ready": able}, status=200 if able else 503)
