"""Saved views in the admin: the list of them, and the addresses of lists that have no app of their own."""

# ruff: noqa: ARG002 - the signatures are Django's

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from activation.desk.lists import keeping
from activation.desk.lists.exporting.views import export
from activation.desk.lists.models import SavedFilter

NAME = "activation_desk_savedfilter"


@admin.register(SavedFilter)
class SavedFilterAdmin(ModelAdmin):
    """The officer's own views, and those that are shared. Each is saved, and removed, on its own list."""

    list_display = ("opened", "page_shown", "owner", "is_shared", "saved_at")
    list_display_links = None
    list_filter = ("is_shared", "page")
    list_select_related = ("owner",)
    search_fields = ("name",)
    search_help_text = "A view's name"
    ordering = ("name", "pk")
    list_per_page = 50
    show_full_result_count = False

    @admin.display(description="View", ordering="name")
    def opened(self, view: SavedFilter) -> SafeString:
        """Return the view's name, which opens it."""
        return format_html('<a href="{}">{}</a>', reverse(f"admin:{NAME}_open", args=[view.pk]), view.name)

    @admin.display(description="List", ordering="page")
    def page_shown(self, view: SavedFilter) -> str:
        """Return the name of the list that the view is of."""
        names = {model._meta.label_lower: model._meta.verbose_name_plural for model in admin.site._registry}
        return str(names.get(view.page, view.page)).capitalize()

    def get_queryset(self, request: HttpRequest) -> QuerySet[SavedFilter]:
        """Return what the officer sees: own views and shared ones."""
        return SavedFilter.objects.seen_by(request.user.pk or 0)

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses of the list, and of what every list can do."""
        pages: tuple[tuple[str, str, Callable[..., HttpResponseBase]], ...] = (
            ("", "changelist", self.changelist_view),
            ("save/", "save", keeping.save),
            ("<int:view_id>/open/", "open", keeping.open_view),
            ("<int:view_id>/remove/", "remove", keeping.remove),
            ("export/<str:page>/", "export", export),
        )
        return [
            path(route, self.admin_site.admin_view(view), name=f"{NAME}_{name}")
            for route, name, view in pages
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Return True for every officer: their own views are theirs."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return True for every officer."""
        return request.user.is_active and request.user.is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: a view is saved on its list."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: filter anew, and save that."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a view is removed on its list."""
        return False
