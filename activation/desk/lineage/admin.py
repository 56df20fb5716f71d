"""Lineage's place in the admin: its pages, and who may open and change them."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.admin import ModelAdmin

from activation.desk.lineage import boundaries, datasets, node_page, picture_page, radar, run_page, runs
from activation.desk.lineage.addresses import list_tabs
from activation.desk.lineage.counting import count_ungated
from activation.desk.models import Lineage

VIEW, DECLARE = "activation_desk.view_lineage", "activation_desk.declare_lineage"
Page = Callable[..., Any]


@admin.register(Lineage)
class LineageAdmin(ModelAdmin):
    """Pages over the graph. The model has no table: it holds the permissions and the pages' place."""

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the pages: there is nothing to add, change or delete."""
        pages: tuple[tuple[str, str, Page], ...] = (
            ("", "changelist", picture_page.show_picture),
            ("nodes/<str:key>/", "node", node_page.show_node),
            ("runs/", "runs", runs.show_runs),
            ("runs/<uuid:run_id>/", "run", run_page.show_run),
            ("paths/", "radar", radar.show_paths),
            ("datasets/", "datasets", datasets.show_datasets),
            ("datasets/<str:key>/", "dataset", datasets.declare),
            ("boundaries/", "boundaries", boundaries.show_boundaries),
        )
        return [
            path(route, self._open(name, page), name=f"activation_desk_lineage_{name}")
            for route, name, page in pages
        ]

    def _open(self, name: str, page: Page) -> Callable[..., HttpResponseBase]:
        """Return the view of a page: it looks at the permissions, and lays the answer into the admin."""

        def view(request: HttpRequest, **named: object) -> HttpResponseBase:
            may_declare = request.user.has_perm(DECLARE)
            if not self.has_view_permission(request) or (request.method == "POST" and not may_declare):
                raise PermissionDenied
            answer = page(request, at=timezone.now(), **named)
            if isinstance(answer, HttpResponseBase):
                return answer
            template, content = answer
            context = {
                **self.admin_site.each_context(request),
                "opts": self.opts,
                "is_fullwidth": "1",
                "may_declare": may_declare,
                "tabs": list_tabs(active=name, ungated=count_ungated()),
                **content,
            }
            return TemplateResponse(request, f"admin/desk/lineage/{template}.html", context)

        opened: Callable[..., HttpResponseBase] = self.admin_site.admin_view(view)
        return opened

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the officer may follow lineage."""
        return request.user.has_perm(VIEW)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: events tell of nodes."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what is declared has pages of its own."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: what was seen stays."""
        return False
