"""Wrong passwords in the admin; of the libraries' own pages, none: they show secrets and others' sessions."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

import allauth.account.admin  # these register their pages: before they are taken away, whatever comes first
import allauth.mfa.admin
import allauth.socialaccount.admin
import allauth.usersessions.admin  # noqa: F401
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from config.signing_in.telling import tell

for _model in (EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    admin.site.unregister(_model)  # secrets, or other people's sessions: there are pages for those


@admin.register(AccessAttempt)
class FailedSignInAdmin(ModelAdmin):
    """Wrong passwords that count at present. To delete rows is to let their network and name try again."""

    list_display = ("attempt_time", "ip_address", "failures_since_start", "user_agent")
    list_filter = ("attempt_time",)
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
