"""The route of the page that checks receipts; it is printed on papers, so it stays."""

from django.urls import path

from tongban.channels.ledger import verify

app_name = "verify"

urlpatterns = [path("", verify.page, name="page")]
