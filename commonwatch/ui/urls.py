"""Addresses of the hall."""

from django.urls import path

from commonwatch.ui import account, audiences, entrance, logs, pairs, people, real

app_name = "ui"
urlpatterns = [
    path("sign-in/", entrance.sign_in, name="sign-in"),
    path("sign-in/office/", entrance.demo, name="demo"),
    path("sign-out/", entrance.sign_out, name="sign-out"),
    path("sign-in/no-office/", entrance.no_office, name="no-office"),
    path("join/", account.join, name="join"),
    path("account/", account.account, name="account"),
    path("account/seat/", account.seat, name="seat"),
    path("account/password/", account.password, name="password"),
    path("account/factor/", account.second_factor, name="second-factor"),
    path("account/sessions/end/", account.end_others, name="end-others"),
    path("account/sessions/<str:id>/end/", account.end_session, name="end-session"),
    path("account/keys/new/", account.new_key, name="new-key"),
    path("account/keys/<str:id>/revoke/", account.revoke_key, name="revoke-key"),
    path("mode/", entrance.mode, name="mode"),
    path("mode/real/", real.strip, name="real"),
    path("reads/", logs.reads, name="reads"),
    path("account/reads/", logs.own_reads, name="own-reads"),
    path("events/", logs.events, name="events"),
    path("theme/", entrance.theme, name="theme"),
    path("language/", entrance.language, name="language"),
    path("people/", people.everybody, name="people"),
    path("people/<str:handle>/", people.one, name="person"),
    path("audiences/", audiences.audiences, name="audiences"),
    path("pairs/", pairs.queue, name="pairs"),
    path("pairs/<path:proposal>/", pairs.one, name="pair"),
]
