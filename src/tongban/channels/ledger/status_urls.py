"""Routes of what tells how the log stands."""

from django.urls import path

from tongban.channels.ledger import flow, status

app_name = "ledger"

urlpatterns = [
    path("status/", status.show, name="status"),
    path("flow/", flow.show, name="flow"),
    path("flow/letters/<str:message_id>/revive/", flow.revive, name="revive"),
    path("metrics", status.gauges, name="metrics"),
]
