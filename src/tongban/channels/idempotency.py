"""The form token: what makes a form submitted twice count once.

Each form that ends in a verb carries ``{% form_token %}``; the view hands ``form_key(request)``
to the verb as ``key``. The verb, not the screen, replays the first answer.
"""

import re
import secrets

from django.http import HttpRequest

from tongban.channels.errors import FormTokenMissing

FIELD = "form_token"

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22,64}")


def new_form_token() -> str:
    """Return 128 random bits as 22 URL-safe characters."""
    return secrets.token_urlsafe(16)


def form_key(request: HttpRequest) -> str:
    """Return the submitted form's token; raises FormTokenMissing when absent or malformed.

    The token comes from the browser and is not a secret: a verb keeps keys apart by actor, so
    that nobody gets another's answer by repeating a token.
    """
    token = request.POST.get(FIELD, "")
    if _TOKEN.fullmatch(token) is None:
        raise FormTokenMissing
    return token
