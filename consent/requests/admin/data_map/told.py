"""Admin pages of the data map: whatever an officer changes there is told to the audit stream."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.http.response import HttpResponseRedirectBase
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from consent.policies.document.paths import path_text
from consent.requests.systems.faults import find_faults, find_warnings
from consent.requests.systems.importing import known_categories
from consent.requests.systems.recording import told_changes
from consent.requests.systems.writing import write_document

_MOST_FAULTS = 5


class MapAdmin(ModelAdmin):
    """A part of the data map. A change is kept and told in one transaction; faults of the map are shown."""

    list_per_page = 50

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Mapping[str, Any] | None = None,
    ) -> HttpResponseBase:
        """Answer with the page; on POST, keep what was changed and tell it."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, form_url, extra_context)  # type: ignore[no-any-return]
        with told_changes(changed_by=request.user.get_username()):
            answer: HttpResponseBase = super().changeform_view(request, object_id, form_url, extra_context)
        if isinstance(answer, HttpResponseRedirectBase):
            self.show_faults(request)
        return answer

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Mapping[str, Any] | None = None
    ) -> HttpResponseBase:
        """Answer with the page; on POST, delete and tell it."""
        if request.method != "POST":
            return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]
        with transaction.atomic(), told_changes(changed_by=request.user.get_username()):
            return super().delete_view(request, object_id, extra_context)  # type: ignore[no-any-return]

    def get_actions(self, request: HttpRequest) -> Any:
        """Return no action that deletes many at once: each is shown with what goes with it."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def show_faults(self, request: HttpRequest) -> None:
        """Tell the officer what is wrong with the map as it is now; if nothing is, what they should know."""
        document = write_document()
        found = find_faults(document, categories=known_categories()) or find_warnings(document)
        for parts, message in found[:_MOST_FAULTS]:
            self.message_user(request, f"{path_text(parts)}: {message}", messages.WARNING)


def page(
    admin: ModelAdmin, request: HttpRequest, template: str, *, title: str, **context: object
) -> TemplateResponse:
    """Answer with a page of the admin that nothing keeps a copy of."""
    whole = {**admin.admin_site.each_context(request), "title": title, "opts": admin.opts, **context}
    return TemplateResponse(request, template, whole, headers={"Cache-Control": "no-store"})
