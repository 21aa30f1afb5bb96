"""Addresses of the steps that allauth takes, under the names by which it asks for them."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from commonwatch.ui import account, entrance

urlpatterns: list[URLPattern | URLResolver] = [
    path("sign-in/", entrance.sign_in, name="account_login"),
    path("sign-in/factor/", account.give_factor, name="mfa_authenticate"),
    path("account/", account.account, name="mfa_index"),
    path("account/", account.account, name="mfa_list_webauthn"),
    path("account/confirm/", account.confirm_password, name="account_reauthenticate"),
    path("account/confirm/code/", account.confirm_code, name="mfa_reauthenticate"),
    path("account/confirm/key/", account.confirm_key, name="mfa_reauthenticate_webauthn"),
    path("account/factor/app/", account.set_up_app, name="mfa_activate_totp"),
    path("account/factor/app/remove/", account.remove_app, name="mfa_deactivate_totp"),
    path("account/factor/key/", account.add_key, name="mfa_add_webauthn"),
    path("account/factor/key/<str:pk>/remove/", account.remove_key, name="mfa_remove_webauthn"),
    path("account/factor/codes/", account.codes, name="mfa_view_recovery_codes"),
    path("account/factor/codes/new/", account.new_codes, name="mfa_generate_recovery_codes"),
]
if settings.PROVIDER:
    urlpatterns.append(path("", include("commonwatch.ui.provided")))
