"""Addresses of the shifts desk."""

from django.urls.resolvers import URLPattern

app_name = "shifts"
urlpatterns: list[URLPattern] = []
