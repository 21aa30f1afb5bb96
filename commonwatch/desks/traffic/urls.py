"""Addresses of the traffic desk."""

from django.urls import path

from commonwatch.desks.traffic import views

app_name = "traffic"
urlpatterns = [
    path("questions/", views.questions, name="questions"),
    path("questions/new/", views.ask, name="ask"),
    path("questions/panel/", views.panel, name="panel"),
    path("questions/<path:key>/answer/", views.answer, name="answer"),
    path("questions/<path:key>/refuse/", views.refuse, name="refuse"),
    path("questions/<path:key>/close/", views.close, name="close"),
    path("questions/<path:key>/", views.question, name="question"),
    path("relays/", views.relays, name="relays"),
    path("relays/clocks/<path:key>/", views.clocks, name="clocks"),
    path("relays/new/<path:key>/", views.relay_new, name="relay-new"),
    path("relays/<path:key>/acknowledge/", views.acknowledge, name="acknowledge"),
    path("relays/<path:key>/call/", views.call, name="call"),
    path("relays/<path:key>/", views.relay, name="relay"),
]
