"""Addresses for signing in. There is none for signing up, for e-mail addresses or for a lost password."""

from allauth.account.views import account_inactive, logout
from allauth.mfa.base.views import authenticate
from django.urls import path

from config.signing_in import confirming, sessions, views
from config.signing_in.single_sign_on import views as single_sign_on

urlpatterns = [
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", logout, name="account_logout"),
    path("inactive/", account_inactive, name="account_inactive"),
    path("confirm/", confirming.confirm, name="confirm"),
    path("factors/", views.FactorsView.as_view(), name="mfa_index"),
    path("factor/", authenticate, name="mfa_authenticate"),
    path("factors/app/", views.ActivateTOTPView.as_view(), name="mfa_activate_totp"),
    path("factors/app/remove/", views.DeactivateTOTPView.as_view(), name="mfa_deactivate_totp"),
    path("factors/keys/add/", views.AddKeyView.as_view(), name="mfa_add_webauthn"),
    path("factors/keys/<int:pk>/remove/", views.RemoveKeyView.as_view(), name="mfa_remove_webauthn"),
    path("factors/recovery-codes/", views.RecoveryCodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "factors/recovery-codes/new/",
        views.MakeRecoveryCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path("sessions/", sessions.list_sessions, name="sessions"),
    path("sessions/<int:session_id>/end/", sessions.end_session, name="end_session"),
    path("sessions/end-others/", sessions.end_others, name="end_other_sessions"),
    path("sso/<slug:provider_id>/", single_sign_on.begin, name="openid_connect_login"),
    path("sso/<slug:provider_id>/back/", single_sign_on.come_back, name="openid_connect_callback"),
]
