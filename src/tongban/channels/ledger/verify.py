"""The page that checks receipts, as it lies in each of them. No session, no database."""

import base64
import hashlib
import re
from functools import cache

from django.http import HttpResponse

from tongban.channels.access import open_to_all
from tongban.channels.visitor import Request
from tongban.evidence import offline

_INLINE = re.compile(rb"<(style|script)>(.*?)</\1>", re.DOTALL)


@open_to_all(reason="Anyone may check a receipt; the page does it in the browser, sends nothing.")
def page(request: Request) -> HttpResponse:  # noqa: ARG001 - a view's
    """Show the page under a policy that runs its own script and no other, and reaches nothing."""
    content, policy = _page()
    response = HttpResponse(content)
    response["Content-Security-Policy"] = policy
    return response


@cache
def _page() -> tuple[bytes, str]:
    """Return the page with the policy of exactly its own style and script."""
    content = offline.PAGE.read_bytes()
    own = {kind.decode(): _hash(inline) for kind, inline in _INLINE.findall(content)}
    policy = (
        f"default-src 'none'; script-src {own['script']}; style-src {own['style']}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return content, policy


def _hash(inline: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(inline).digest()).decode()}'"
