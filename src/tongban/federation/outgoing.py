"""A file that waits for the node that a message tells its token."""

import hashlib
from typing import BinaryIO

from tongban.federation.actions.sending import outgoing
from tongban.federation.errors import FileGone
from tongban.federation.models import OutFile


def outgoing_file(token: str, *, to: str) -> BinaryIO:
    """Open the sealed file of a token; FileGone where no message to that node waits for it."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    if not OutFile.objects.filter(pk=digest, message__to=to).exists():
        raise FileGone
    try:
        return outgoing(digest).open("rb")
    except FileNotFoundError:
        raise FileGone from None
