"""Sites in the admin. What was recorded names the site: it is switched off, and never deleted."""

# ruff: noqa: ARG002 - the signatures are Django's

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from consent.ledger.queries import get_time
from consent.portal.admin.site_form import SIGNAL, SiteForm
from consent.portal.embed.changes import tell_site
from consent.portal.embed.script import get_script
from consent.portal.embed.types import CONSENT_TYPES
from consent.portal.models import Site

_NEVER = "Never"
_TOLD = ("slug", "controller", "notice", "origins", "categories", "signals", "is_active")


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    """Web sites that include the script."""

    form = SiteForm
    list_display = ("slug", "controller", "state", "installed", "recorded_at")
    list_filter = ("is_active",)
    search_fields = ("slug",)
    ordering = ("slug", "pk")
    list_per_page = 50
    show_full_result_count = False

    @display(description="State", label={"on": "success", "off": "danger"})  # type: ignore[untyped-decorator]  # unfold has no types
    def state(self, site: Site) -> str:
        """Return whether its pages are answered."""
        return "on" if site.is_active else "off"

    @display(description="Installed", label={"seen": "success", "not seen": "warning"})  # type: ignore[untyped-decorator]  # as above
    def installed(self, site: Site) -> str:
        """Return whether a page of the site ever called."""
        return "seen" if site.loaded_at else "not seen"

    @admin.display(description="The script, always the newest")
    def snippet(self, site: Site) -> SafeString:
        """Return what is put into the site's pages."""
        return _code(f'<script src="{_address(site, "script")}" data-site="{site.key}"></script>')

    @admin.display(description="The script, this very version")
    def pinned(self, site: Site) -> SafeString:
        """Return the same, for pages that check what they load."""
        script = get_script()
        return _code(
            f'<script src="{_address(site, "lasting", script.digest)}" integrity="{script.integrity}"'
            f' crossorigin="anonymous" data-site="{site.key}"></script>'
        )

    @admin.display(description="A page of the site asked last")
    def last_loaded(self, site: Site) -> str:
        """Return when its configuration was read last."""
        return _when(site.loaded_at)

    @admin.display(description="A choice was recorded last")
    def last_recorded(self, site: Site) -> str:
        """Return when somebody said something there last."""
        return _when(site.recorded_at)

    @admin.display(description="A page on another origin was refused last")
    def last_refused(self, site: Site) -> str:
        """Return when a page called that is on none of the site's origins."""
        return _when(site.refused_at)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Site | None:
        """Return the site, which knows where pages reach us: that stands in what is to be installed."""
        site: Site | None = super().get_object(request, object_id, from_field)
        if site is not None:
            here = settings.PUBLIC_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
            site.served_at = here  # type: ignore[attr-defined]  # no column
        return site

    def get_fieldsets(self, request: HttpRequest, obj: Site | None = None) -> Any:
        """Return what the page holds: what there is to install once there is a site."""
        signals = tuple(f"{SIGNAL}{name}" for name in CONSENT_TYPES)
        asked = (
            (None, {"fields": ("slug", "controller", "notice", "origins", "categories", "is_active")}),
            (
                "Google Consent Mode",
                {
                    "fields": signals,
                    "description": "The purpose that a person says yes to before Google's tags may do so."
                    " What stands for nothing stays denied.",
                },
            ),
        )
        if obj is None:
            return asked
        installing = {
            "fields": ("snippet", "pinned"),
            "description": "Put one of the two into the head of each page, before any other script.",
        }
        seen = {"fields": ("last_loaded", "last_recorded", "last_refused")}
        return (("Install it", installing), ("Is it installed?", seen), *asked)

    def get_readonly_fields(self, request: HttpRequest, obj: Site | None = None) -> tuple[str, ...]:
        """Return what is shown and not asked."""
        shown = ("snippet", "pinned", "last_loaded", "last_recorded", "last_refused")
        return (*shown, "slug") if obj else shown

    def save_model(self, request: HttpRequest, obj: Site, form: Any, change: bool) -> None:
        """Save the site, and tell the ledger who did so. Django passes `change` by position."""
        with transaction.atomic():
            before = Site.objects.filter(pk=obj.pk).order_by("pk").values(*_TOLD).first() or {}
            super().save_model(request, obj, form, change)
            changed = [name for name in _TOLD if before.get(name) != getattr(obj, name)]
            tell_site(obj, officer_id=int(request.user.pk or 0), fields=changed, at=get_time())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: records name the site."""
        return False


def _address(site: Site, name: str, *arguments: str) -> str:
    base: str = getattr(site, "served_at", "")  # noted when the page was asked for
    return base + reverse(f"embed:{name}", args=arguments)


def _code(text: str) -> SafeString:
    return format_html('<code class="font-mono text-xs break-all whitespace-pre-wrap">{}</code>', text)


def _when(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else _NEVER
