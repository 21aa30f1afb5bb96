"""Addresses of the traffic desk."""

from django.urls.resolvers import URLPattern

app_name = "traffic"
urlpatterns: list[URLPattern] = []
