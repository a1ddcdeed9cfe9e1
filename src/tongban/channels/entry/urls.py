"""Routes of the entrance."""

from django.urls import path

from tongban.channels.entry import views

app_name = "entry"

urlpatterns = [
    path("login/", views.login, name="login"),
    path("login/demo/", views.demo_people, name="demo"),
    path("login/post/", views.choose_post, name="posts"),
    path("logout/", views.logout, name="logout"),
    path("language/", views.switch_language, name="language"),
    path("theme/", views.switch_theme, name="theme"),
    path("healthz", views.healthz, name="healthz"),
]
