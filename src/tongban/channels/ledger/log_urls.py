"""Routes of this node's logs: each log's prefix is /log/<shard>."""

from django.urls import path

from tongban.channels.ledger import log

app_name = "log"

urlpatterns = [
    path("<str:shard>/<path:name>", log.published, name="published"),
]
