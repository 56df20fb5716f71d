"""Authorised agents in the admin: who may ask for other people. Past requests name them: none is deleted."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from consent.requests.admin.access import HANDLE, may_view
from consent.requests.handling.agents import tell_agent
from consent.requests.models import Agent


@admin.register(Agent)
class AgentAdmin(ModelAdmin):
    """Agents, by name. Who is not active any more asks for nobody."""

    list_display = ("slug", "title", "state", "trust")
    list_filter = ("is_active", "is_trusted")
    search_fields = ("slug", "title")
    ordering = ("slug", "pk")
    list_per_page = 50
    show_full_result_count = False
    fields = ("slug", "title", "is_active", "is_trusted", "verify_key", "note")

    @display(description="State", label={"active": "success", "not active": "danger"})  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, agent: Agent) -> str:
        """Return whether the agent may ask for people now."""
        return "active" if agent.is_active else "not active"

    @admin.display(description="Verifies people itself")
    def trust(self, agent: Agent) -> str:
        """Return whether the agent's word on who people are is taken."""
        return "trusted" if agent.is_trusted else "not shown"

    def get_readonly_fields(self, request: HttpRequest, obj: Agent | None = None) -> tuple[str, ...]:
        """Return what does not change: what requests and callers know the agent by."""
        return ("slug",) if obj else ()

    def save_model(self, request: HttpRequest, obj: Agent, form: Any, change: bool) -> None:
        """Save the agent, and tell the ledger who did so. Django passes `change` by position."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            tell_agent(obj, officer_id=int(request.user.pk or 0), fields=form.changed_data)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may see agents."""
        return may_view(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether the officer may register agents."""
        return request.user.has_perm(HANDLE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may change agents."""
        return request.user.has_perm(HANDLE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: past requests name the agent."""
        return False
