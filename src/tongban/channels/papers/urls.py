"""Routes of papers."""

from django.urls import path

from tongban.channels.papers import views

app_name = "papers"

urlpatterns = [
    path("records/<str:record_id>", views.record, name="record"),
    path("cases/<str:case_id>/receipt.zip", views.receipt, name="receipt"),
    path("cases/<str:case_id>/files/<str:paper_id>", views.file, name="file"),
]
