"""Addresses of the hall."""

from django.urls import path

from commonwatch.ui import entrance

app_name = "ui"
urlpatterns = [
    path("sign-in/", entrance.sign_in, name="sign-in"),
    path("sign-in/office/", entrance.demo, name="demo"),
    path("sign-out/", entrance.sign_out, name="sign-out"),
    path("mode/", entrance.mode, name="mode"),
    path("theme/", entrance.theme, name="theme"),
    path("language/", entrance.language, name="language"),
]
