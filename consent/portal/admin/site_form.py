"""The form of a site: lists are written a line each, names are those of the policy in force."""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from consent.portal.embed.origins import MalformedOrigin, read_origin
from consent.portal.embed.sites import make_key
from consent.portal.embed.state import get_terms
from consent.portal.embed.terms import Terms
from consent.portal.embed.types import CONSENT_TYPES
from consent.portal.models import Site

_CATEGORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}", re.ASCII)
MOST_ORIGINS, MOST_CATEGORIES = 50, 50
SIGNAL = "signal_"


def _signal(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(required=False, label=label, widget=UnfoldAdminSelectWidget)


class SiteForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    """One site."""

    controller = forms.ChoiceField(widget=UnfoldAdminSelectWidget, help_text="Whose people they are.")
    notice = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget,
        help_text="What its banner shows, or links to, before anybody says yes.",
    )
    origins = forms.CharField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        help_text="Where its pages are, one a line, such as https://www.shop.example. No path, no wildcard.",
    )
    categories = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text="What its banner asks, one a line: the banner's name for it, a colon and a blank, and the"
        " purposes that it stands for. marketing: advertising.audience, profiling.segmentation",
    )

    signal_ad_storage = _signal("ad_storage")
    signal_ad_user_data = _signal("ad_user_data")
    signal_ad_personalization = _signal("ad_personalization")
    signal_analytics_storage = _signal("analytics_storage")
    signal_functionality_storage = _signal("functionality_storage")
    signal_personalization_storage = _signal("personalization_storage")
    signal_security_storage = _signal("security_storage")

    class Meta:
        model = Site
        fields = ("slug", "controller", "notice", "origins", "categories", "is_active")
        widgets = {"slug": UnfoldAdminTextInputWidget, "is_active": UnfoldBooleanSwitchWidget}
        labels = {"is_active": "Switched on"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.terms: Terms = get_terms(at=timezone.now())
        site: Site = self.instance
        self._offer("controller", self.terms.controllers, site.controller)
        self._offer("notice", frozenset(self.terms.published), site.notice)
        for name in CONSENT_TYPES:
            if f"{SIGNAL}{name}" in self.fields:
                current = site.signals.get(name, "")
                self._offer(f"{SIGNAL}{name}", self.terms.purposes, current)
                self.initial[f"{SIGNAL}{name}"] = current
        self.initial["origins"] = "\n".join(site.origins)
        self.initial["categories"] = write_categories(site.categories)

    def _offer(self, name: str, known: frozenset[str], current: str) -> None:
        if name not in self.fields:
            return
        field = self.fields[name]
        listed = [("", "Nothing"), *((one, one) for one in sorted(known | ({current} - {""})))]
        field.choices = listed  # type: ignore[attr-defined]  # a field of choices

    def clean_origins(self) -> list[str]:
        """Return the origins, each once, in the form in which browsers send them."""
        lines = [line for line in self.cleaned_data["origins"].splitlines() if line.strip()]
        if len(lines) > MOST_ORIGINS:
            raise forms.ValidationError(f"At most {MOST_ORIGINS} origins.")
        found: dict[str, None] = {}
        for number, line in enumerate(lines, start=1):
            try:
                found[read_origin(line, allow_local=settings.ALLOW_LOCAL_DESTINATIONS)] = None
            except MalformedOrigin as refusal:
                raise forms.ValidationError(f"Line {number}: {refusal}.") from refusal
        return list(found)

    def clean_categories(self) -> dict[str, list[str]]:
        """Return the purposes of each category."""
        lines = [line for line in self.cleaned_data["categories"].splitlines() if line.strip()]
        if len(lines) > MOST_CATEGORIES:
            raise forms.ValidationError(f"At most {MOST_CATEGORIES} categories.")
        found: dict[str, list[str]] = {}
        for number, line in enumerate(lines, start=1):
            name, _, purposes = line.strip().partition(": ")
            named = [one.strip() for one in purposes.split(",") if one.strip()]
            if not _CATEGORY.fullmatch(name) or not named or name in found:
                raise forms.ValidationError(
                    f"Line {number}: write a name once, a colon and a blank, then purposes."
                )
            if unknown := [one for one in named if one not in self.terms.purposes]:
                place = named.index(unknown[0]) + 1
                raise forms.ValidationError(f"Line {number}: purpose {place} is none of the policy in force.")
            found[name] = list(dict.fromkeys(named))
        return found

    def clean(self) -> dict[str, Any]:
        """Put the consent types together. A site that asks for nothing is refused."""
        cleaned = super().clean() or {}
        chosen = {name: cleaned.get(f"{SIGNAL}{name}", "") for name in CONSENT_TYPES}
        self.instance.signals = {name: purpose for name, purpose in chosen.items() if purpose}
        if not self.errors and not cleaned.get("categories") and not self.instance.signals:
            self.add_error("categories", "The site asks for nothing: name a category, or a purpose below.")
        if not self.instance.key:
            self.instance.key = make_key()
        return cleaned


def write_categories(categories: Mapping[str, Any]) -> str:
    """Return the categories, a line each."""
    return "\n".join(f"{name}: {', '.join(purposes)}" for name, purposes in sorted(categories.items()))
