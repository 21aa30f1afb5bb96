"""Addresses of the notices desk."""

from django.urls import path

from commonwatch.desks.notices import views

app_name = "notices"
urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/ladder/", views.ladder, name="ladder"),
    path("notices/webhooks/", views.webhooks, name="webhooks"),
    path("notices/<str:id>/again/", views.again, name="again"),
    path("account/notices/", views.ways, name="ways"),
]
