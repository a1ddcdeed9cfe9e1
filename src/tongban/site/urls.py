"""All routes: the screens at the root."""

from django.urls import include, path

from tongban.channels.urls import handler400, handler403, handler404, handler500

urlpatterns = [
    path("", include("tongban.channels.urls")),
]

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]
