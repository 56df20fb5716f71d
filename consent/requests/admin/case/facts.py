"""What a request is, and how its clock stands."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from consent.kernel.errors import AccordantError
from consent.requests.admin.words import STATE_COLOURS, at_utc, say, say_type, tell_due
from consent.requests.clocks.explaining import explain_request
from consent.requests.intake.hinting import get_hints
from consent.requests.models import ProtocolRequest, Request
from consent.requests.types import Channel, RequestType

Fact = tuple[str, str | SafeString]
_MOST_RESTS = 20


def describe_head(case: Request, now: datetime) -> Mapping[str, Any]:
    """Return what stands on top of the page."""
    return {
        "type": say_type(case.type),
        "state": say(case.state),
        "colour": STATE_COLOURS.get(case.state, ""),
        "due": tell_due(
            due_at=case.due_at,
            zone=case.zone,
            paused=case.paused_at is not None,
            closed_at=case.closed_at,
            now=now,
        ),
        "clock": list(describe_clock(case)),
        "deadline": explain(case),
    }


def explain(case: Request) -> Mapping[str, Any]:
    """Return why the date in force is that one, in one sentence, with its source."""
    dates = explain_request(case)
    in_force = dates.extended_due_on if dates.is_extended and dates.extended_due_on else dates.due_on
    return {
        "sentence": in_force.explanation,
        "source": in_force.source,
        "check": dates.check_before_use,
        "appeal": dates.appeal.explanation if dates.appeal else "",
    }


def describe_clock(case: Request) -> Iterator[Fact]:
    """Yield the moments of the request's clock."""
    yield "Received", at_utc(case.received_at)
    if case.acknowledged_at:
        yield "Acknowledged", at_utc(case.acknowledged_at)
    elif case.acknowledge_by:
        yield "To be acknowledged by", f"{case.acknowledge_by:%Y-%m-%d}"
    yield "Due", f"{case.due_on:%Y-%m-%d} ({case.zone})" if case.due_on else "without delay"
    if case.extended_at:
        yield "Extended", at_utc(case.extended_at)
    if case.extended_due_on:
        name = "Extended until" if case.extended_at else "Can be extended until"
        yield name, f"{case.extended_due_on:%Y-%m-%d}"
    if case.paused_at:
        yield "The clock stands still since", at_utc(case.paused_at)
    if case.closed_at:
        yield "Closed", at_utc(case.closed_at)


def describe_facts(case: Request) -> Iterator[Fact]:
    """Yield what is known of the request, without anything that names the person."""
    yield "Law of", case.jurisdiction or "to be decided by an officer"
    if case.jurisdiction_reason:
        yield "Why", case.jurisdiction_reason
    yield "Asked of", case.controller
    yield "Came in by", _tell_way(case)
    yield "Language", case.language
    if case.purposes:
        yield "Purposes", ", ".join(case.purposes)
    if case.agent:
        yield "Asked by the agent", case.agent.title
    yield "People on record", _tell_subjects(case)
    yield "Seen to by", case.assigned_to.get_username() if case.assigned_to else "nobody in particular"
    yield from _describe_decision(case)


def describe_hints(case: Request) -> Iterator[str]:
    """Yield what an officer should know before they decide, in sentences; nothing of it decides."""
    if case.is_closed or case.content_destroyed_at is not None:
        return
    try:
        hints = get_hints(case)
    except AccordantError as refusal:
        yield f"Which law speaks cannot be told now: {refusal}."
        return
    if hints.suggestion.jurisdiction != case.jurisdiction:
        yield f"Suggested: {hints.suggestion.jurisdiction or 'none'}. {hints.suggestion.reason}"
    yield hints.suggestion.right_reason
    if hints.earlier:
        above = ", more than are free of charge there" if hints.is_above_free else ""
        yield f"The same was asked {hints.earlier:,} times in the year before{above}."


_PROTOCOLS = {Channel.DRP: "Data Rights Protocol 1.0", Channel.OPENDSR: "OpenDSR 2.0"}


def _tell_way(case: Request) -> str:
    name = _PROTOCOLS.get(Channel(case.channel))
    asked = ProtocolRequest.objects.filter(request=case).order_by("pk").first() if name else None
    return f"{name}: {asked.asked}, by {asked.caller}" if asked else name or say(case.channel)


def _describe_decision(case: Request) -> Iterator[Fact]:
    if case.ground:
        yield "Refused because", say(case.ground)
    if case.proposed_by:
        yield "Proposed", f"by {case.proposed_by.get_username()}, {at_utc(case.proposed_at)}"
    if case.approved_by:
        yield "Approved", f"by {case.approved_by.get_username()}, {at_utc(case.approved_at)}"
    if case.joined_to:
        yield "Joined to", link_to(case.joined_to)
    if case.appeal_of:
        yield "Appeal against", link_to(case.appeal_of)
    yield from _describe_rest(case)
    if case.content_destroyed_at:
        yield "What the person wrote", f"destroyed {at_utc(case.content_destroyed_at)}"


def _describe_rest(case: Request) -> Iterator[Fact]:
    if case.continues:
        yield "Erases the rest of", link_to(case.continues)
    if case.type == RequestType.ERASURE and case.is_closed:
        rests = case.continued_by.defer("wrapped", "sealed").order_by("received_at", "pk")
        for rest in rests[:_MOST_RESTS]:
            yield "The rest is erased by", link_to(rest)


def _tell_subjects(case: Request) -> str:
    found = len(case.subjects)
    if not found:
        return "none matched so far"
    return "1 matched" if found == 1 else f"{found:,} matched"


def link_to(case: Request) -> SafeString:
    """Return a link to a request's page."""
    page = reverse("admin:consent_requests_request_change", args=[case.pk])
    return format_html('<a href="{}" class="requests-link">{}</a>', page, case.reference)
