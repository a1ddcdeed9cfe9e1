"""Routes of the window. Every change is a POST; ``case`` is the file it leads back to."""

from django.urls import path

from tongban.channels.window import (
    case,
    consent,
    custody,
    home,
    intake,
    notice,
    receipts,
    verbs,
    walk_in,
)

app_name = "window"

urlpatterns = [
    path("", home.home, name="home"),
    path("cases/", home.ledger, name="ledger"),
    path("new/", walk_in.new, name="new"),
    path("cases/<str:case_id>/", case.case, name="case"),
    path("cases/<str:case_id>/intake/", intake.intake, name="intake"),
    path("cases/<str:case_id>/consent/", consent.consent, name="consent"),
    path("cases/<str:case_id>/correct/", intake.correct, name="correct"),
    path("cases/<str:case_id>/files/<str:paper_id>/remove/", intake.remove, name="remove"),
    path("cases/<str:case_id>/ask_correction/", notice.ask_correction, name="ask_correction"),
    path("cases/<str:case_id>/withdraw/", verbs.withdraw, name="withdraw"),
    path("cases/<str:case_id>/hand_again/", verbs.hand_again, name="hand_again"),
    path("cases/<str:case_id>/settle/", verbs.settle, name="settle"),
    path("cases/<str:case_id>/void/", verbs.void, name="void"),
    path("cases/<str:case_id>/evidence/", receipts.of_case, name="evidence"),
    path("cases/<str:case_id>/deliver/", verbs.deliver, name="deliver"),
    path("cases/<str:case_id>/papers/<str:item_id>/dispatch/", custody.dispatch, name="dispatch"),
    path("cases/<str:case_id>/papers/<str:item_id>/sign/", custody.sign, name="sign"),
    path(
        "cases/<str:case_id>/papers/<str:item_id>/send_back/", custody.send_back, name="send_back"
    ),
    path("cases/<str:case_id>/papers/<str:item_id>/found/", custody.found, name="found"),
    path("cases/<str:case_id>/papers/<str:item_id>/missing/", custody.missing, name="missing"),
    path("cases/<str:case_id>/papers/<str:item_id>/lost/", custody.report_lost, name="lost"),
    path(
        "cases/<str:case_id>/papers/<str:item_id>/hand_over/", custody.hand_over, name="hand_over"
    ),
]
