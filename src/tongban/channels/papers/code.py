"""The QR code on a paper: the address of the page that checks receipts, and nothing else."""

from functools import lru_cache

import segno
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

_QUIET_MODULES = 4
"""The white border that ISO/IEC 18004 asks for."""


def verify_address(request: HttpRequest) -> str:
    """Return the page's address on this node, as the reader reached it."""
    return request.build_absolute_uri(reverse("verify:page"))


@lru_cache(maxsize=64)
def drawn(address: str) -> SafeString:
    """Return the code as an SVG element without style or script."""
    code = segno.make_qr(address, error="m")
    svg = code.svg_inline(omitsize=True, border=_QUIET_MODULES)
    return mark_safe(svg)  # noqa: S308 - segno's drawing; the address is in it as squares alone
