"""The admin's page that shows what differs between two versions of a policy, and what that does."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import yaml
from django import forms
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminSelectWidget

from consent.ledger.admin import StepAdmin
from consent.policies import queries
from consent.policies.diff.comparing import compare
from consent.policies.diff.types import Comparison, Direction, Entry, FieldChange, Kind
from consent.policies.types import VersionSummary

Values = Mapping[str, Any]

LABELS: Mapping[Direction, tuple[str, str]] = {
    Direction.NARROWER: ("narrower", "success"),
    Direction.WIDER: ("wider", "danger"),
    Direction.BOTH: ("both ways", "warning"),
    Direction.UNCLEAR: ("unclear", "warning"),
    Direction.WORDING: ("wording", ""),
}
"""What a direction is called on the page, and the colour beside the word."""
_MEANINGS = (
    (Direction.NARROWER, "more is denied"),
    (Direction.WIDER, "more may be allowed"),
    (Direction.BOTH, "some of each"),
    (Direction.UNCLEAR, "cannot be told from the texts alone"),
    (Direction.WORDING, "no question gets another answer"),
)


class ComparisonForm(forms.Form):
    """Two versions of one policy, by their ids."""

    before = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget, label="From")
    after = forms.TypedChoiceField(coerce=int, widget=UnfoldAdminSelectWidget, label="To")

    def __init__(self, data: Values, *, versions: Sequence[VersionSummary]) -> None:
        super().__init__(data)
        self._keys = {version.version_id: version.key for version in versions}
        choices = [(version.version_id, _called(version)) for version in versions]
        for name in ("before", "after"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
            field.choices = choices

    def clean(self) -> dict[str, Any]:
        """Return the two ids.

        :raises forms.ValidationError: if they are of two policies.
        """
        chosen: dict[str, Any] = self.cleaned_data
        if len({self._keys[version_id] for version_id in chosen.values()}) > 1:
            raise forms.ValidationError("Choose two versions of the same policy.")
        return chosen

    def compared(self) -> Comparison:
        """Return what differs between the two versions of a valid form."""
        before, after = (
            queries.get_document(version_id=self.cleaned_data[name]) or {} for name in ("before", "after")
        )
        return compare(before, after)


class ComparingAdmin(StepAdmin):
    """Versions that can be compared: from the list, and from a version's own page."""

    actions_list: Sequence[str] = ("comparison",)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Compare", url_path="compare", permissions=["view"], icon="difference"
    )
    def compare(self, _request: HttpRequest, object_id: str) -> HttpResponseBase:
        """Lead to the comparison of this version with the one it would take over from."""
        page = reverse("admin:consent_policies_policyversion_comparison")
        return redirect(f"{page}?after={object_id}" if object_id.isascii() and object_id.isdigit() else page)

    @action(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Compare versions", url_path="comparison", permissions=["view"], icon="difference"
    )
    def comparison(self, request: HttpRequest) -> HttpResponse:
        """Answer with the page that compares the versions `before` and `after`."""
        versions = queries.list_versions()
        chosen = {**_defaults(versions, request.GET.get("after"), at=timezone.now()), **request.GET.dict()}
        form = ComparisonForm(chosen, versions=versions)
        comparison = form.compared() if len(versions) > 1 and form.is_valid() else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Compare versions",
            "opts": self.opts,
            "form": form if len(versions) > 1 else None,
            "comparison": comparison,
            "whole": LABELS[comparison.direction] if comparison else None,
            "sections": lay_out(comparison) if comparison else [],
            "meanings": [(*LABELS[direction], words) for direction, words in _MEANINGS],
        }
        return TemplateResponse(request, "admin/policies/compare.html", context)


def _called(version: VersionSummary) -> str:
    return f"{version.key} {version.version} ({version.status.replace('_', ' ')})"


def _defaults(versions: Sequence[VersionSummary], after: str | None, *, at: datetime) -> dict[str, int]:
    """Return the ids to begin with: `after`, or the newest, against the one it would take over from."""
    named = [one for one in versions if str(one.version_id) == after]
    later = next(iter(named or versions), None)
    if later is None:
        return {}
    others = [one for one in versions if one.key == later.key and one.version_id != later.version_id]
    in_force = queries.get_policy_in_force(at=at, key=later.key)
    best = [one for one in others if in_force and one.version == in_force.version]
    best = best or [one for one in others if one.version < later.version] or others
    return {"after": later.version_id, "before": (best or [later])[0].version_id}


def lay_out(comparison: Comparison) -> list[Values]:
    """Return the sections as the page shows them."""
    return [
        {
            "name": section.name.capitalize(),
            "groups": [
                {"name": kind.value, "entries": [_entry(entry) for entry in section.of_kind(kind)]}
                for kind in (Kind.CHANGED, Kind.ADDED, Kind.REMOVED)
                if section.of_kind(kind)
            ],
        }
        for section in comparison.sections
    ]


def _entry(entry: Entry) -> Values:
    return {
        "key": entry.key,
        "title": entry.title,
        "label": LABELS[entry.direction],
        "effects": [(*LABELS[effect.direction], effect.words, effect.is_grave) for effect in entry.effects],
        "texts": entry.texts,
        "changes": [_change(change) for change in entry.changes],
    }


def _change(change: FieldChange) -> Values:
    return {"path": change.path, "before": _as_text(change.before), "after": _as_text(change.after)}


def _as_text(value: Any) -> str:
    """Return a value as the document has it; empty where it is not there."""
    if value is None or isinstance(value, str):
        return value or ""
    text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False, default_flow_style=None, width=70)
    return text.removesuffix("\n").removesuffix("\n...")
