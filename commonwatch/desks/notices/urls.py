"""Addresses of the notices desk."""

from django.urls.resolvers import URLPattern

app_name = "notices"
urlpatterns: list[URLPattern] = []
