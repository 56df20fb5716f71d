"""What an administrator does in the list of accounts for officers who cannot sign in."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest

from config.signing_in import attempts
from config.signing_in.factors import FactorsNotYours, reset_factors
from config.signing_in.telling import tell
from config.signing_in.throttling import forgive_name_hash, hash_name


class OfficerActions:
    """The actions, for the admin of accounts."""

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

    @admin.action(description="Let the chosen officers try to sign in again", permissions=["change"])
    def lift_lockouts(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Forget their wrong passwords and codes."""
        for officer in queryset.order_by("pk"):
            forgive_name_hash(hash_name(officer.get_username()))
            attempts.forgive(officer_id=officer.pk)
            tell("lockout_lifted", officer_id=request.user.pk, of=officer.pk)
        messages.success(request, "They may try again.")
