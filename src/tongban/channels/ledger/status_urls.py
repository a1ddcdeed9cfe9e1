"""Routes of what tells how the log stands."""

from django.urls import path

from tongban.channels.ledger import status

app_name = "ledger"

urlpatterns = [
    path("status/", status.show, name="status"),
    path("metrics", status.gauges, name="metrics"),
]
