"""Addresses for other nodes, under /node/."""

from django.urls import path

from tongban.channels.nodes import views

app_name = "nodes"
urlpatterns = [
    path("inbox", views.inbox, name="inbox"),
    path("files/<str:token>", views.file, name="file"),
    path("recall", views.recall, name="recall"),
    path("document", views.document, name="document"),
]
