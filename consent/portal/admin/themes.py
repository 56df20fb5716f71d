"""Themes in the admin: how the preference centre looks for a controller's people, seen while edited."""

# ruff: noqa: ARG002 - the signatures are Django's

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils import timezone
from unfold.admin import ModelAdmin

from consent.portal.admin.theme_form import ThemeForm
from consent.portal.models import Theme
from consent.portal.preferences.pages.dressing import make_dress
from consent.portal.preferences.pages.showing import show_sample
from consent.portal.preferences.pages.themes import COLOURS, DEFAULTS

_PREVIEW = "consent_portal.preview_theme"


@admin.register(Theme)
class ThemeAdmin(ModelAdmin):
    """Themes, by controller. A colour that cannot be read on another is refused."""

    form = ThemeForm
    list_display = ("controller", "title", "changed_at")
    search_fields = ("controller", "title")
    ordering = ("controller", "pk")
    list_per_page = 50
    change_form_template = "admin/consent_portal/theme/change_form.html"

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return the fields in their groups."""
        light = tuple(f"var_{name}" for name in COLOURS)
        return (
            (None, {"fields": ("controller", "title", "upload", "without_logo", "var_radius", "var_font")}),
            ("Colours", {"fields": light}),
            (
                "Colours where the reader prefers dark",
                {"fields": tuple(f"var_dark_{one}" for one in COLOURS)},
            ),
        )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Return the form; its fields for variables are its own, and none of the table's."""
        return super().get_form(request, obj, change=change, **{**kwargs, "fields": ("controller", "title")})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Return what does not change: whose theme it is."""
        return ("controller",) if obj else ()

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of themes: the preview among them."""
        preview = path(
            "preview/", self.admin_site.admin_view(self.preview), name="consent_portal_theme_preview"
        )
        return [preview, *super().get_urls()]

    def preview(self, request: HttpRequest) -> HttpResponseBase:
        """Show a page of choices, with nothing chosen, in the look that the query says."""
        if not request.user.has_perm(_PREVIEW):
            raise PermissionDenied
        values = {name: request.GET.get(name, "") for name in DEFAULTS}
        worn = make_dress(values, title=request.GET.get("title", "")[:100])
        response = show_sample(request, request.GET.get("controller", "")[:64], worn, at=timezone.now())
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
        return response
