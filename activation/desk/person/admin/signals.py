"""A person's signals as an officer reads them: rows and sentences, from what was read."""

from collections.abc import Iterator, Mapping
from typing import Any

from django.contrib.admin.utils import quote
from django.http import HttpRequest
from django.urls import reverse

from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.reading import PersonFile
from activation.desk.person.visits import OpenVisit
from activation.desk.person.words import CHOICE_WORDS, shorten, tell_moment
from activation.desk.tracing.types import ACCESS_WORDS, Access
from consent.records.signal_words import KIND_WORDS, tell_conflict, tell_unread
from consent.records.types import ANY_PURPOSE, NO, YES, SignalOnRecord

READ_TEXTS = "consent_requests.read_request_content"
"""As whatever else lies sealed about people: what they wrote, and what was found about them."""
SEES_SIGNALS = "consent_records.view_recordedsignal"
Row = Mapping[str, Any]


def describe_signals(opened: OpenVisit, file: PersonFile, *, request: HttpRequest) -> Row:
    """Return what the page shows of signals."""
    may_list = request.user.has_perm(SEES_SIGNALS)
    return {
        "signals": [_tell_signal(one, opened, file, request) for one in file.signals.shown],
        "signals_unreadable": file.signals.said is None,
        "has_older_signals": file.signals.has_more,
        "signals_address": reverse("admin:consent_records_recordedsignal_changelist") if may_list else "",
    }


def _tell_signal(one: SignalOnRecord, opened: OpenVisit, file: PersonFile, request: HttpRequest) -> Row:
    said = (file.signals.said or {}).get(one.event_id)
    may_read = said is not None and request.user.has_perm(READ_TEXTS)
    may_list = request.user.has_perm(SEES_SIGNALS)
    return {
        "id": one.event_id,
        "kind": KIND_WORDS[one.kind],
        "made": tell_moment(one.effective_at),
        "recorded": tell_moment(one.recorded_at),
        "towards": _name_controller(one.controller, file.words),
        "by": said.maker if said else "",
        "source": one.source,
        "ref": shorten(one.subject_ref) if len(file.group.members) > 1 else "",
        "is_erased": one.subject_ref in opened.person.erased,
        "parts": said.parts if said else (),
        "choices": list(_list_choices(one, file)),
        "conflicts": list(_list_conflicts(one, file.words)),
        "unread": [tell_unread(found) for found in one.unread],
        "text": _text_address(opened, one) if may_read else "",
        "page": reverse("admin:consent_records_recordedsignal_change", args=[quote(one.event_id)])
        if may_list
        else "",
    }


def describe_text(opened: OpenVisit, one: SignalOnRecord, text: str) -> Row:
    """Return what the page of one signal shows: its text, as it was sent."""
    return {
        "kind": KIND_WORDS[one.kind],
        "made": tell_moment(one.effective_at),
        "recorded": tell_moment(one.recorded_at),
        "access": f"{ACCESS_WORDS[Access(opened.visit.access)]}: {opened.visit.reason}",
        "text": text,
    }


def _text_address(opened: OpenVisit, one: SignalOnRecord) -> str:
    return reverse("admin:activation_desk_personvisit_signal", args=[opened.visit.pk, one.event_id])


def _name_controller(slug: str | None, words: PolicyWords) -> str:
    return words.title("controllers", slug) if slug else "every controller"


def name_purpose(slug: str, words: PolicyWords) -> str:
    """Return what a purpose is called."""
    return "Everything" if slug == ANY_PURPOSE else words.title("purposes", slug)


def _list_choices(one: SignalOnRecord, file: PersonFile) -> Iterator[Row]:
    for record in file.signals.choices.get(one.event_id, ()):
        yield {
            "tone": "yes" if record.choice in YES else "no" if record.choice in NO else "open",
            "purpose": name_purpose(record.purpose, file.words),
            "words": CHOICE_WORDS[record.choice],
            "ref": shorten(record.subject_ref) if record.subject_ref != one.subject_ref else "",
        }


def _list_conflicts(one: SignalOnRecord, words: PolicyWords) -> Iterator[Row]:
    for found in one.conflicts:
        told = tell_conflict(found)
        yield {
            "purpose": name_purpose(told.purpose, words),
            "heard": told.heard,
            "against": told.against,
            "outcome": told.outcome,
        }
