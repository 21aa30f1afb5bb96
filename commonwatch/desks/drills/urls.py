"""Addresses of the drills desk."""

from django.urls import path

from commonwatch.desks.drills import tables, views

app_name = "drills"
urlpatterns = [
    path("drills/", views.index, name="index"),
    path("drills/new/", views.new, name="new"),
    path("drills/year/", views.year, name="year"),
    path("drills/plans/<path:plan>/start/", views.start, name="start"),
    path("drills/plans/<path:plan>/cancel/", views.cancel, name="cancel"),
    path("drills/plans/<path:plan>/", views.plan, name="plan"),
    path("drills/calls/<path:call>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("drills/calls/<path:call>/telephone/", views.telephone, name="telephone"),
    path("drills/calls/<path:call>/found/", views.fault, name="found"),
    path("drills/calls/<path:call>/end/", views.end, name="end"),
    path("drills/calls/<path:call>/keep/", views.keep, name="keep"),
    path("drills/calls/<path:call>/result/", views.result, name="result"),
    path("drills/calls/<path:call>/result.<str:form>", tables.sheet, name="sheet"),
    path("drills/calls/<path:call>/", views.call, name="call"),
    path("drills/kept/<path:score>/", views.kept, name="kept"),
]
