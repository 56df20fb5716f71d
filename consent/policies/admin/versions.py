"""The versions of policies in the admin: where each stands, what was said of it, and its text."""

from django.conf import settings
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from consent.policies import queries
from consent.policies.admin.compare import ComparingAdmin
from consent.policies.admin.editing_version import VersionEditing
from consent.policies.admin.faults import ShownFault, show_faults
from consent.policies.admin.importing import VersionImporting
from consent.policies.admin.places import is_draft
from consent.policies.admin.showing import once_per_row
from consent.policies.admin.steps import LifecycleAdmin
from consent.policies.models import PolicyVersion, PolicyVersionQuerySet
from consent.policies.types import Fault, PolicyWarning

_SHORT_DIGEST = len("sha256:") + 12
_STAGE_COLOURS = {
    "draft": "info",
    "in review": "warning",
    "approved": "primary",
    "scheduled": "primary",
    "in force": "success",
    "superseded": "info",
}
_MARK = "check before use"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(  # type: ignore[misc]  # editing is wider than evidence
    VersionEditing, VersionImporting, ComparingAdmin, LifecycleAdmin
):
    """The versions, newest first, each with its text and the next steps on its way."""

    list_display = ("name", "step", "short_digest", "author", "approver", "effective_at")
    list_filter = ("status", "key")
    list_select_related = ("author", "approver")
    search_fields = ("key", "title", "=digest")
    ordering = ("-created_at", "-pk")
    actions_list = (*ComparingAdmin.actions_list, "import_file")
    actions_detail = (
        *LifecycleAdmin.actions_detail,
        "copy",
        {"title": "More", "items": ["compare", "download"]},  # type: ignore[arg-type]  # unfold takes groups
    )
    fields = (
        "title",
        ("key", "version", "step"),
        "digest",
        ("author", "created_at"),
        "warnings",
        "effect",
        ("approver", "approved_at"),
        "confirmed_digest",
        ("published_at", "effective_at"),
        "history",
        "text",
    )

    @admin.display(description="Version", ordering="version")
    def name(self, version: PolicyVersion) -> str:
        """Return the policy's key and the version's number."""
        return str(version)

    @display(  # type: ignore[untyped-decorator]  # unfold ships no types
        description="Status", ordering="status", label=_STAGE_COLOURS
    )
    def step(self, version: PolicyVersion) -> str:
        """Return where the version stands now, in words."""
        stage: str = version.stage  # type: ignore[attr-defined]  # annotated by get_queryset
        return stage.replace("_", " ")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PolicyVersion]:
        """Return the versions, each with where it stands now."""
        rows: PolicyVersionQuerySet = super().get_queryset(request)
        return rows.with_stage(timezone.now())

    @admin.display(description="Digest")
    def short_digest(self, version: PolicyVersion) -> str:
        """Return the digest's beginning."""
        return f"{version.digest[:_SHORT_DIGEST]}…"

    @admin.display(description="Laxer than the law table")
    @once_per_row
    def warnings(self, version: PolicyVersion) -> SafeString | str:
        """Return each warning with the law it rests on, and the answer that was given."""
        answers = dict(version.acknowledgements.values_list("warning_key", "reason"))
        found = queries.list_warnings(version_id=version.pk, at=version.published_at or timezone.now())
        if not found and is_draft(version) and queries.list_faults(version_id=version.pk):
            return "told once nothing is left to mend"
        shown = show_faults(version, [Fault(one.path, one.message) for one in found])
        told = (
            (_warning(place, one, answers.get(one.key)),) for place, one in zip(shown, found, strict=True)
        )
        return format_html_join("", '<p class="mb-4">{}</p>', told) if found else "nowhere"

    @admin.display(description="Simulated effect")
    def effect(self, version: PolicyVersion) -> SafeString | str:
        """Return what the text as it stands would change, as it was simulated last."""
        found = queries.get_simulation(version_id=version.pk)
        if found is None:
            return "not simulated as it stands"
        return format_html(
            '{}<br><a class="underline" href="{}?q={}">Figures</a> of {} UTC,'
            ' <span class="font-mono text-xs">{}</span>',
            " ".join(map(str, found.figures.get("summary", ()))),
            reverse(settings.SIMULATIONS_PAGE),
            found.figures_digest,
            f"{found.simulated_at:%Y-%m-%d %H:%M}",
            found.figures_digest,
        )

    @admin.display(description="History")
    def history(self, version: PolicyVersion) -> SafeString:
        """Return every step, who took it and what they said."""
        steps = version.steps.select_related("officer").order_by("pk")
        return format_html_join(
            "",
            "<div>{} {} {}{}</div>",
            (
                (
                    f"{step.taken_at:%Y-%m-%d %H:%M}",
                    step.kind,
                    f"by {step.officer}" if step.officer else "by a process",
                    f": {step.note}" if step.note else "",
                )
                for step in steps
            ),
        )

    @admin.display(description="Text")
    @once_per_row
    def text(self, version: PolicyVersion) -> str:
        """Return the document as YAML, escaped."""
        return format_html(
            '<pre class="font-mono text-xs whitespace-pre-wrap">{}</pre>',
            queries.get_yaml(key=version.key, version=version.version) or "",
        )


def _warning(shown: ShownFault, warning: PolicyWarning, answer: str | None) -> SafeString:
    place = format_html('<a class="underline" href="{}">{}</a>', shown.page, shown.place)
    return format_html(
        "{}: {} <em>{}</em>{}<br>{}",
        place if shown.page else shown.place,
        shown.message,
        warning.citation,
        f" ({_MARK})" if warning.check_before_use else "",
        f"Acknowledged: {answer}" if answer else "Open: mend it, or acknowledge it with a reason.",
    )
