"""Addresses of the summaries desk."""

from django.urls.resolvers import URLPattern

app_name = "summaries"
urlpatterns: list[URLPattern] = []
