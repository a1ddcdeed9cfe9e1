"""Addresses of logins between nodes; federation knows them by ``openid.profile``."""

from django.urls import path

from tongban.channels.openid import arriving, elsewhere, vouching

app_name = "openid"
urlpatterns = [
    path(".well-known/openid-configuration", vouching.configuration, name="configuration"),
    path("openid/keys", vouching.keys, name="keys"),
    path("openid/authorize", vouching.authorize, name="authorize"),
    path("openid/token", vouching.token, name="token"),
    path("openid/start/<str:peer>", arriving.start, name="start"),
    path("openid/callback", arriving.callback, name="callback"),
    path("openid/confirm/", arriving.confirm, name="confirm"),
    path("elsewhere/", elsewhere.elsewhere, name="elsewhere"),
]
