"""Routes of the portal."""

from django.urls import path

from tongban.channels.portal import (
    case,
    check,
    edit,
    elsewhere,
    guide,
    home,
    mandates,
    mine,
    receipts,
)

app_name = "portal"

urlpatterns = [
    path("", home.home, name="home"),
    path("matters/<str:edition_id>/", guide.guide, name="guide"),
    path("matters/<str:edition_id>/apply/", guide.apply, name="apply"),
    path("cases/<str:case_id>/", case.show, name="case"),
    path("cases/<str:case_id>/edit/", edit.edit, name="edit"),
    path("cases/<str:case_id>/check/", check.check, name="check"),
    path("cases/<str:case_id>/withdraw/", case.withdraw, name="withdraw"),
    path("cases/<str:case_id>/evidence/", receipts.of_case, name="evidence"),
    path("looks/<str:look_id>/receipt.zip", receipts.of_looks, name="look_receipt"),
    path("cases/<str:case_id>/receipt/", case.receipt, name="receipt"),
    path("cases/<str:case_id>/papers/<str:item_id>/", case.received, name="received"),
    path("mine/", mine.mine, name="mine"),
    path("mine/elsewhere/<str:node>/show/", elsewhere.show, name="show_abroad"),
    path("mine/elsewhere/<str:node>/hide/", elsewhere.hide, name="hide_abroad"),
    path("mandates/", mandates.mandates, name="mandates"),
    path("mandates/<str:mandate_id>/withdraw/", mandates.withdraw, name="mandate_withdraw"),
]
