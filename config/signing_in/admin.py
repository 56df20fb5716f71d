"""Officers in the admin: their factors reset, their sessions ended, their lock-outs lifted."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from config.signing_in import attempts
from config.signing_in.factors import FactorsNotYours, end_sessions, reset_factors
from config.signing_in.telling import tell
from config.signing_in.throttling import forgive_name_hash, hash_name

for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession, User, Group):
    if admin.site.is_registered(_model):  # secrets, or other people's sessions: there are pages for those
        admin.site.unregister(_model)


@admin.register(User)
class OfficerAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Officers, and what an administrator does for one who cannot sign in."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    actions = ("reset_factors", "end_sessions", "lift_lockouts")

    @admin.action(description="Reset the factors of the chosen officers", permissions=["change"])
    def reset_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Take all factors from them and end their sessions: at the next sign-in they set up new ones."""
        by: Any = request.user
        for officer in queryset.order_by("pk"):
            try:
                reset_factors(officer=officer, by=by)
            except FactorsNotYours:
                text = f"{officer.get_username()}: not done. Another administrator must reset these factors."
                messages.error(request, text)
            else:
                messages.success(request, f"{officer.get_username()}: factors reset, sessions ended.")

    @admin.action(description="End all sessions of the chosen officers", permissions=["change"])
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End them, this one left out."""
        for officer in queryset.order_by("pk"):
            count = end_sessions(officer, but=request.session.session_key)
            tell("sessions_ended", officer_id=request.user.pk, of=officer.pk, count=count)
        messages.success(request, "Their sessions are ended.")

    @admin.action(description="Let the chosen officers try to sign in again", permissions=["change"])
    def lift_lockouts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget their wrong passwords and codes."""
        for officer in queryset.order_by("pk"):
            forgive_name_hash(hash_name(officer.get_username()))
            attempts.forgive(officer_id=officer.pk)
            tell("lockout_lifted", officer_id=request.user.pk, of=officer.pk)
        messages.success(request, "They may try again.")


@admin.register(Group)
class RoleAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Roles, as Django's groups."""


@admin.register(AccessAttempt)
class FailedSignInAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Wrong passwords that count at present. To delete rows is to let their network and name try again."""

    list_display = ("attempt_time", "ip_address", "failures_since_start", "user_agent")
    list_filter = ("attempt_time",)
    search_fields = ("=ip_address",)
    ordering = ("-attempt_time", "-pk")
    fields = ("attempt_time", "ip_address", "failures_since_start", "user_agent")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return that nobody adds one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return that nobody changes one."""
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        """Forget them, and tell of it."""
        count = queryset.count()
        super().delete_queryset(request, queryset)
        tell("lockout_lifted", officer_id=request.user.pk, rows=count)

    def delete_model(self, request: HttpRequest, obj: AccessAttempt) -> None:
        """Forget it, and tell of it."""
        super().delete_model(request, obj)
        tell("lockout_lifted", officer_id=request.user.pk, rows=1)
