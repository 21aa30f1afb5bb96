"""Addresses of the drills desk."""

from django.urls.resolvers import URLPattern

app_name = "drills"
urlpatterns: list[URLPattern] = []
