"""Messages are emptied: that there was one, and its signed answer, stay; what it said goes."""

from collections.abc import Collection

from django.db import transaction

from tongban.federation.models import InMessage, OutMessage


def forget(lanes: Collection[str]) -> int:
    """Empty the settled messages of lanes, both ways; return how many. Two statements.

    A message that waits for its answer stays as it is: the other node has yet to get it.
    """
    with transaction.atomic():
        sent = OutMessage.objects.filter(lane__in=lanes, answered_at__isnull=False)
        came = InMessage.objects.filter(lane__in=lanes)
        return sum(rows.exclude(sealed=b"").update(sealed=b"") for rows in (sent, came))
