"""All routes of the screens. ``site`` includes this at the root and takes the handlers."""

from django.urls import include, path

urlpatterns = [
    path("", include("tongban.channels.portal.urls")),
    path("", include("tongban.channels.papers.urls")),
    path("window/", include("tongban.channels.window.urls")),
    path("desk/", include("tongban.channels.desk.urls")),
    path("", include("tongban.channels.entry.urls")),
    path("", include("tongban.channels.ledger.status_urls")),
    path("log/", include("tongban.channels.ledger.log_urls")),
    path("verify/", include("tongban.channels.ledger.verify_urls")),
    path("", include("tongban.channels.openid.urls")),
    path("node/", include("tongban.channels.nodes.urls")),
    path("witness/", include("tongban.channels.ledger.witness_urls")),
]

handler400 = "tongban.channels.problems.bad_request"
handler403 = "tongban.channels.problems.forbidden"
handler404 = "tongban.channels.problems.not_found"
handler500 = "tongban.channels.problems.server_error"
