"""A person's page as an officer reads it: rows and sentences, from what was read."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from activation.desk.person.admin.signals import describe_signals
from activation.desk.person.choices import Holds
from activation.desk.person.policy_words import PolicyWords
from activation.desk.person.reading import PersonFile
from activation.desk.person.timeline import Event, Wanted
from activation.desk.person.types import Outcome
from activation.desk.person.visits import OpenVisit
from activation.desk.person.words import (
    CHOICE_WORDS,
    FACT_WORDS,
    HOLD_WORDS,
    mask,
    name_kind,
    shorten,
    tell_moment,
)
from activation.desk.tracing.admin.trace_page import lay_out_held, lay_out_taken_out
from activation.desk.tracing.types import ACCESS_WORDS, Access
from consent.records.types import ANY_PURPOSE, NO, YES, Choice
from consent.requests.queries import RequestView
from consent.subjects.types import HeldPair, KnownSubject

SEES_REQUESTS = (
    "consent_requests.view_request",
    "consent_requests.handle_requests",
    "consent_requests.approve_erasures",
)
Row = Mapping[str, Any]


def describe(opened: OpenVisit, file: PersonFile, wanted: Wanted, *, request: HttpRequest) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        "visit": opened.visit,
        "outcome": opened.outcome.value,
        "asked_for": tell_asked(opened),
        "access": tell_access(opened),
        "sentences": list(_tell_person(opened, file)),
        "has_policy": file.words.is_in_force,
        "choices": [_tell_holds(one, file) for one in file.holds],
        "silent": _list_silent(file),
        "identifiers": list(_list_identifiers(file)),
        "members": [_tell_member(one, file) for one in file.group.members],
        "links": list(_list_links(file)),
        "held_links": [_tell_held_link(one, request) for one in file.held_links],
        "facts": list(_list_facts(file)),
        "facts_unreadable": file.facts is None,
        **describe_signals(opened, file, request=request),
        "events": [_tell_event(one, file, opened) for one in file.timeline.events],
        "next": _address(wanted, behind=file.timeline.next) if file.timeline.next else "",
        "first": _address(wanted) if wanted.behind else "",
        "requests": list(_list_requests(file, request)),
        "tables": [lay_out_held(file.where), lay_out_taken_out(file.where)],
        "suggestions": suggest(file),
    }


def tell_asked(opened: OpenVisit) -> Row:
    """Return by what the person was looked up, masked."""
    identifier = opened.asked.identifier
    if identifier is None:
        return {"kind": "reference", "value": shorten(opened.asked.ref or "")}
    return {"kind": name_kind(identifier.kind.value), "value": mask(identifier)}


def tell_access(opened: OpenVisit) -> str:
    """Return why the look-up was made."""
    return f"{ACCESS_WORDS[Access(opened.visit.access)]}: {opened.visit.reason}"


def _tell_person(opened: OpenVisit, file: PersonFile) -> Iterator[str]:
    person, count = opened.person, len(opened.person.refs)
    if opened.outcome is Outcome.FOUND and count > 1:
        yield f"{count} subjects are linked and count as one person. Every no of one counts for all."
    if opened.outcome is Outcome.FOUND and person.erased:
        yield f"{len(person.erased)} of them are erased."
    if person.unreadable:
        yield (
            f"Identifiers of {len(person.unreadable)} subjects do not open. What depends on them is missing"
            " here: restore the keys."
        )
    if file.facts is None:
        yield "Facts do not open, so every check about this person is denied: restore the keys."
    if not file.words.is_in_force:
        yield "No policy is in force, so every check is denied, whatever was said."


def _tell_holds(holds: Holds, file: PersonFile) -> Row:
    spoken, words = holds.spoken, file.words
    over = f"; its time was over on {tell_moment(spoken.expires_at)}" if holds.is_over else ""
    return {
        "purpose": _name_purpose(holds.purpose, words),
        "slug": holds.purpose,
        "towards": ", ".join(words.title("controllers", one) for one in holds.controllers)
        or "every controller",
        "destination": file.destinations.get(spoken.destination, spoken.destination)
        if spoken.destination
        else "",
        "words": f"{CHOICE_WORDS[spoken.choice]}{over}",
        "tone": "open" if holds.is_over else tell_tone(spoken.choice),
        "since": tell_moment(spoken.effective_at),
        "recorded": tell_moment(spoken.recorded_at) if spoken.back_dated else "",
        "notice": words.notice(spoken.notice, spoken.notice_version),
        "until": tell_moment(spoken.expires_at),
        "origin": "; ".join(_tell_origin(holds, file)),
    }


def tell_tone(choice: Choice) -> str:
    """Return whether a choice is a yes, a no, or neither."""
    return "yes" if choice in YES else "no" if choice in NO else "open"


def _tell_origin(holds: Holds, file: PersonFile) -> Iterator[str]:
    spoken = holds.spoken
    if spoken.purpose == ANY_PURPOSE and holds.is_inherited:
        yield "said of everything"
    elif holds.is_inherited:
        yield f"said of {_name_purpose(spoken.purpose, file.words)} ({spoken.purpose}), which this belongs to"
    if spoken.controller is None and holds.controllers:
        yield "said to every controller"
    if len(file.group.members) > 1:
        yield f"by {shorten(spoken.subject_ref)}"


def _name_purpose(slug: str, words: PolicyWords) -> str:
    return "Everything" if slug == ANY_PURPOSE else words.title("purposes", slug)


def _list_silent(file: PersonFile) -> list[str]:
    """Return the purposes that nothing was ever said of."""
    spoken_of = {one.purpose for one in file.holds}
    return [title for slug, title in file.words.list_titled("purposes") if slug not in spoken_of]


def _list_identifiers(file: PersonFile) -> Iterator[Row]:
    for ref, found in file.identifiers.items():
        if found is None:
            yield {"kind": "identifiers that do not open", "value": "", "ref": shorten(ref)}
        for one in found or ():
            yield {"kind": name_kind(one.kind.value), "value": mask(one), "ref": shorten(ref)}


def _tell_member(member: KnownSubject, file: PersonFile) -> Row:
    return {
        "ref": shorten(member.ref),
        "is_asked": member.ref in file.group.asked,
        "version": member.version,
        "erased": tell_moment(member.erased_at),
    }


def _list_links(file: PersonFile) -> Iterator[Row]:
    for link in sorted(file.group.links, key=lambda one: one.recorded_at, reverse=True):
        yield {
            "pair": f"{shorten(link.left)} and {shorten(link.right)}",
            "since": tell_moment(link.linked_at),
            "undone": tell_moment(link.unlinked_at),
        }


def _tell_held_link(held: HeldPair, request: HttpRequest) -> Row:
    may_see = request.user.has_perm("consent_subjects.view_heldlink")
    return {
        "pair": f"{shorten(held.hold.left)} and {shorten(held.hold.right)}",
        "reason": HOLD_WORDS[held.hold.reason],
        "since": tell_moment(held.held_at),
        "href": reverse("admin:consent_subjects_heldlink_change", args=[held.id]) if may_see else "",
    }


def _list_facts(file: PersonFile) -> Iterator[Row]:
    """Yield the latest fact of each name, subject and controller."""
    latest: dict[tuple[str, str, str], Any] = {}
    for found in (file.facts or {}).values():
        for fact in sorted(found, key=lambda one: (one.effective_at, one.version)):
            latest[fact.name, fact.subject_ref, fact.controller or ""] = fact
    for (name, ref, controller), fact in sorted(latest.items()):
        yield {
            "name": FACT_WORDS[fact.name],
            "slug": name,
            "value": fact.value,
            "towards": file.words.title("controllers", controller) if controller else "",
            "since": tell_moment(fact.effective_at),
            "until": tell_moment(fact.until),
            "ref": shorten(ref),
        }


def _tell_event(event: Event, file: PersonFile, opened: OpenVisit) -> Row:
    told: dict[str, Any] = {
        "at": tell_moment(event.recorded_at),
        "words": event.words,
        "ref": shorten(event.ref),
        "claimed": tell_moment(event.effective_at),
        "tone": "",
    }
    if event.signal is not None and event.signal in file.signals.shown:
        return told | {"signal": event.signal.event_id}
    if event.choice is None:
        return told
    record, words = event.choice.record, file.words
    came = (event.choice.method.replace("_", " "), event.choice.form, event.choice.source)
    return told | {
        "tone": tell_tone(record.choice),
        "purpose": _name_purpose(record.purpose, words),
        "towards": words.title("controllers", record.controller) if record.controller else "every controller",
        "destination": record.destination or "",
        "notice": words.notice(record.notice, record.notice_version),
        "back_dated": record.back_dated,
        "came": " · ".join(part for part in came if part),
        "record_id": record.record_id,
        "receipt": reverse(
            "admin:activation_desk_personvisit_receipt", args=[opened.visit.pk, record.record_id]
        ),
    }


def _list_requests(file: PersonFile, request: HttpRequest) -> Iterator[Row]:
    may_see = any(request.user.has_perm(one) for one in SEES_REQUESTS)
    for view, is_proven in file.requests:
        yield {
            "reference": view.reference,
            "href": reverse("admin:consent_requests_request_change", args=[view.id]) if may_see else "",
            "type": view.type.value.replace("_", " "),
            "state": view.state.value.replace("_", " "),
            "received": tell_moment(view.received_at),
            "due": _tell_due(view),
            "is_proven": is_proven,
        }


def _tell_due(view: RequestView) -> str:
    if view.closed_at is not None:
        return f"closed {view.closed_at:%Y-%m-%d}"
    due = view.extended_due_on or view.due_on
    return f"{due:%Y-%m-%d}" if due else "without delay"


def suggest(file: PersonFile) -> Mapping[str, Sequence[tuple[str, str]]]:
    """Return what may be typed into the page's forms, by the name of each list."""
    destinations = dict(file.words.list_titled("destinations")) | dict(file.destinations)
    return {
        "purposes": file.words.list_titled("purposes"),
        "destinations": sorted(destinations.items()),
        "controllers": file.words.list_titled("controllers"),
        "categories": file.words.list_titled("data_categories"),
    }


def _address(wanted: Wanted, *, behind: str = "") -> str:
    asked = {"kind": wanted.kind, "purpose": wanted.purpose, "behind": behind}
    return f"?{urlencode({name: value for name, value in asked.items() if value})}#timeline"


def tell_closing(opened: OpenVisit, *, at: datetime) -> str:
    """Return for how long the page is open."""
    minutes = max(1, round((opened.visit.expires_at - at).total_seconds() / 60))
    return f"{minutes} minute{'s' if minutes != 1 else ''}"
