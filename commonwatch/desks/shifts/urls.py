"""Addresses of the shifts desk."""

from django.urls import path

from commonwatch.desks.shifts import views

app_name = "shifts"
urlpatterns = [
    path("shifts/", views.roster, name="roster"),
    path("shifts/watch/", views.panel, name="panel"),
    path("shifts/log/", views.log, name="log"),
    path("shifts/handover/", views.handover, name="handover"),
    path("shifts/handover/<path:key>/", views.note, name="note"),
    path("posts/", views.posts, name="posts"),
    path("posts/call/", views.call, name="call"),
]
