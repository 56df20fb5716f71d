"""The ledger in the admin: to read, never to change."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from consent.kernel.errors import AccordantError
from consent.kernel.signing import VerifyKey
from consent.ledger.models import (
    Checkpoint,
    Leaf,
    LedgerVerification,
    LogKey,
    PendingEvent,
    Pruning,
    RetentionRule,
    WitnessNote,
)
from consent.ledger.retention import get_kept_for


class EvidenceAdmin(ModelAdmin):
    """Shows evidence. Nobody adds, changes or deletes it here, whatever their permissions.

    The total of a filtered list is not counted: on a large table that costs more than the page.
    """

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False

    def has_change_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False

    def has_delete_permission(self, *_: object, **__: object) -> bool:
        """Return False."""
        return False


class StepAdmin(EvidenceAdmin):
    """Evidence on whose pages an officer takes steps, each through a dialog."""

    def take_step(
        self, request: HttpRequest, object_id: str, step: Callable[[], object], *, done: str
    ) -> HttpResponseBase:
        """Take the step, tell the officer what became of it, and show the page again."""
        try:
            step()
        except AccordantError as refusal:
            self.message_user(request, f"Not done: {refusal}.", messages.ERROR)
        else:
            self.message_user(request, done, messages.SUCCESS)
        options = self.model._meta
        return go_to(
            request, reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[object_id])
        )


def go_to(request: HttpRequest, page: str) -> HttpResponseBase:
    """Return what leads the officer on to `page`."""
    if request.headers.get("HX-Request"):  # the dialog's request: a plain redirect would land inside it
        return HttpResponse(headers={"HX-Redirect": page})
    return redirect(page)


@admin.register(Leaf)
class LeafAdmin(EvidenceAdmin):
    """The ledger's entries, newest first."""

    list_display = ("index", "stream", "kind", "subject_ref", "subject_version", "recorded_at")
    list_filter: tuple[Any, ...] = ("stream",)
    search_fields: tuple[str, ...] = ("=event_id", "=subject_ref")
    ordering = ("-index",)
    fields = (
        "index",
        "stream",
        "kind",
        "event_id",
        "subject_ref",
        "subject_version",
        "recorded_at",
        "text",
        "hash",
    )

    @admin.display(description="Envelope")
    def text(self, leaf: Any) -> str:
        """Return the envelope as text."""
        return bytes(leaf.envelope).decode() or "pruned: its time was over"

    @admin.display(description="Leaf hash")
    def hash(self, leaf: Any) -> str:
        """Return the leaf's hash in hex."""
        return bytes(leaf.leaf_hash).hex()


@admin.register(PendingEvent)
class PendingEventAdmin(EvidenceAdmin):
    """Events that wait for their place: many, or old ones, mean that the sequencer does not run."""

    list_display = ("id", "stream", "kind", "event_id", "recorded_at")
    list_filter = ("stream",)
    search_fields = ("=event_id",)
    search_help_text = "An event's id"
    ordering = ("id",)
    fields = list_display


@admin.register(Checkpoint)
class CheckpointAdmin(EvidenceAdmin):
    """The signed sizes of the ledger, newest first."""

    list_display = ("number", "size", "root_hash")
    search_fields = ("=size", "=number")
    search_help_text = "A size or a number"
    ordering = ("-number",)
    fields = ("number", "size", "root_hash", "text")

    @admin.display(description="Root")
    def root_hash(self, checkpoint: Checkpoint) -> str:
        """Return the tree's root in hex."""
        return bytes(checkpoint.root).hex()

    @admin.display(description="Signed note")
    def text(self, checkpoint: Checkpoint) -> str:
        """Return what was signed, and the signature."""
        return bytes(checkpoint.note).decode()


@admin.register(LedgerVerification)
class LedgerVerificationAdmin(EvidenceAdmin):
    """Whole checks of the ledger (`verify_ledger`), the latest first."""

    list_display = ("verified_at", "size", "signed_size", "findings", "key_given", "witnessed_size")
    list_filter = ("verified_at", "key_given")
    ordering = ("-verified_at", "-pk")
    fields = list_display


@admin.register(WitnessNote)
class WitnessNoteAdmin(EvidenceAdmin):
    """What each witness was last told."""

    list_display = ("name", "size", "told_at", "failing_since")
    search_fields = ("name",)
    ordering = ("name",)
    fields = list_display


@admin.register(LogKey)
class LogKeyAdmin(EvidenceAdmin):
    """The keys that sign the ledger. Publish the first one where we could not change it."""

    list_display = ("number", "from_size", "verify_key", "fingerprint")
    search_fields = ("verify_key",)
    search_help_text = "A key, or its name"
    ordering = ("-number",)
    fields = ("number", "from_size", "verify_key", "fingerprint", "note")

    @admin.display(description="Fingerprint")
    def fingerprint(self, key: LogKey) -> str:
        """Return the SHA-256 of the public key, to be compared by people."""
        try:
            return VerifyKey.parse(key.verify_key).fingerprint
        except AccordantError:
            return "not a key: verify the ledger"

    @admin.display(description="Hand-over")
    def note(self, key: LogKey) -> str:
        """Return the note by which the key before it handed over."""
        return bytes(key.handover).decode() or "-"


@admin.register(RetentionRule)
class RetentionRuleAdmin(EvidenceAdmin):
    """How long each stream's content is kept at least, and what the settings ask for."""

    list_display = ("stream", "at_least", "in_effect")
    list_filter = ("stream",)
    ordering = ("stream",)
    fields = list_display

    @admin.display(description="Owner's rule")
    def at_least(self, rule: RetentionRule) -> str:
        """Return what the database enforces."""
        return _tell(rule.kept_for)

    @admin.display(description="Kept")
    def in_effect(self, rule: RetentionRule) -> str:
        """Return the longer of the rule and the setting: that is what the job goes by."""
        return _tell(get_kept_for(rule))


@admin.register(Pruning)
class PruningAdmin(EvidenceAdmin):
    """Prunings announced and carried out, the latest first. The ledger's announcement is the evidence."""

    list_display = ("event_id", "stream", "before", "leaves", "announced_at", "executed_at", "withdrawn_at")
    list_filter = ("stream",)
    search_fields = ("=event_id",)
    ordering = ("-announced_at", "-event_id")
    fields = (*list_display[:4], "first", "last", *list_display[4:])


def _tell(kept_for: timedelta | None) -> str:
    return "for ever" if kept_for is None else f"{kept_for.days:,} days"
