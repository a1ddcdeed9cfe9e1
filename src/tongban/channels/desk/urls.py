"""Routes of the desk: the queue, the file, and one route for each act."""

from django.urls import path

from tongban.channels.desk import views_acts, views_custody, views_reading
from tongban.channels.desk.acts import ACTS

app_name = "desk"

urlpatterns = [
    path("", views_reading.home, name="home"),
    path("cases/<str:case_id>/", views_reading.case, name="case"),
    *(
        path(
            f"cases/<str:case_id>/{act.slug}/",
            views_acts.act,
            {"slug": act.slug},
            name=act.slug,
        )
        for act in ACTS.values()
    ),
    path("cases/<str:case_id>/settle/", views_custody.settle, name="settle"),
    path(
        "cases/<str:case_id>/custody/<str:item_id>/<slug:slug>/",
        views_custody.move,
        name="custody",
    ),
]
