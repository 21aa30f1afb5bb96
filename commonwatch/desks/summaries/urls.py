"""Addresses of the summaries desk."""

from django.urls import path

from commonwatch.desks.summaries import views

app_name = "summaries"
urlpatterns = [
    path("summaries/", views.listed, name="list"),
    path("summaries/new/", views.new, name="new"),
    path("summaries/drafts/<str:draft>/", views.compose, name="compose"),
    path("summaries/<path:summary>/version/", views.version, name="version"),
    path("summaries/<path:summary>/withdraw/", views.withdraw, name="withdraw"),
    path("summaries/<path:summary>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("summaries/<path:summary>/call/", views.call, name="call"),
    path("summaries/<path:summary>/summary.pdf", views.pdf, name="pdf"),
    path("summaries/<path:summary>/", views.summary, name="summary"),
]
