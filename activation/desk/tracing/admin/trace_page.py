"""A trace as the officer reads it: where the person is, and what each run did, in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from activation.desk.tracing.held import Whereabouts
from activation.desk.tracing.models import TraceReport
from activation.desk.tracing.types import ACCESS_WORDS, Access, Person
from activation.enforcement.membership.types import HeldMember
from activation.enforcement.presence.types import LookedUp, Presence, TracedRun, Trust
from activation.enforcement.suppression.clocks import WaitsFor
from activation.enforcement.suppression.reaching import TakenOut
from activation.enforcement.suppression.types import SuppressionState

Table = Mapping[str, Any]

PRESENCE_WORDS: Mapping[Presence, str] = {
    Presence.RECEIVED: "received",
    Presence.MAY_HAVE: "may have received: the run failed while it handed rows over",
    Presence.DENIED: "denied",
    Presence.ABSENT: "not in it",
    Presence.GONE: "cannot be said: the evidence is not there any more, or on another machine",
    Presence.UNREADABLE: "cannot be said: the evidence cannot be read, or does not hold what the run wrote",
    Presence.NOTHING_LEFT: "nothing left: the run ended before it delivered",
    Presence.UNFINISHED: "the run goes on",
}
TRUST_WORDS: Mapping[Trust, str] = {
    Trust.WHOLE: "whole file, as the run signed it",
    Trust.GLANCED: "read in part",
    Trust.UNVOUCHED: "read in part; no manifest vouches for it",
}
_STATE_WORDS: Mapping[SuppressionState, str] = {
    SuppressionState.WAITING: "waiting",
    SuppressionState.ACKNOWLEDGED: "acknowledged",
    SuppressionState.BY_HAND: "acknowledged by hand",
    SuppressionState.PARKED: "parked: somebody has to look",
    SuppressionState.SUPERSEDED: "a newer one took its place",
}
_WAITS_WORDS: Mapping[WaitsFor, str] = {
    WaitsFor.TURN: "for its turn",
    WaitsFor.BACKING_OFF: "the destination did not answer; it is tried again",
    WaitsFor.SUSPENDED: "the destination is suspended",
    WaitsFor.NOT_CONNECTED: "the destination is not connected",
    WaitsFor.RUN: "for a run to the same audience to end",
    WaitsFor.SOMEBODY: "for an officer",
}


def describe_person(person: Person) -> Iterator[str]:
    """Yield who was found, in sentences. Only the asker reads them."""
    if person.asked is not None and not person.refs:
        yield (
            "Nobody on record is called so. Runs that met the identifier all the same, and denied it or let"
            " it pass as a stranger's, are found."
        )
    if person.refs:
        yield f"References looked up, those of linked subjects included: {', '.join(person.refs)}."
    kinds: dict[str, int] = {}
    for identifier in person.identifiers:
        kinds[identifier.kind.value] = kinds.get(identifier.kind.value, 0) + 1
    if kinds:
        told = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(kinds.items()))
        yield f"Identifiers looked up, those of linked subjects and earlier ones included: {told}."
    if person.is_ambiguous:
        yield (
            "The identifier leads to several people who are not linked: what is found may be of any of them."
        )
    if person.erased:
        yield (
            f"{len(person.erased)} of these subjects are erased. Their identifiers are gone: runs that knew"
            " them by those, and by none that you gave, are shown as not having them."
        )
    if person.unreadable:
        yield (
            f"Identifiers of {len(person.unreadable)} of these subjects do not open: runs that knew them by"
            " those are shown as not having them. Restore the keys and trace again."
        )


def tell_question(person: Person) -> str:
    """Return what was asked for."""
    if person.asked is None:
        return f"the reference {person.refs[0]}" if person.refs else "a reference"
    return f"{person.asked.kind.value.replace('_', ' ')} {person.asked.value}"


def tell_access(report: TraceReport) -> str:
    """Return why the trace was made."""
    return f"{ACCESS_WORDS[Access(report.access)]}: {report.reason}"


def lay_out_held(where: Whereabouts) -> Table:
    """Return where the person is held."""
    return _table(
        "Held now",
        ["Destination", "Audience", "Purpose", "For", "Sent (UTC)", "State"],
        [_held_row(one) for one in where.held],
    )


def _held_row(held: HeldMember) -> Sequence[Any]:
    state = "being sent" if held.is_sending else "held"
    if not held.is_readable:
        state += "; what the destination was told does not open"
    if not held.member.ref:
        state += ", as a stranger"
    one = held.holding
    return [one.destination, one.audience, one.purpose, one.controller, _moment(held.sent_at), state]


def lay_out_taken_out(where: Whereabouts) -> Table:
    """Return where the person was, or is to be, taken out, with the clock of each."""
    return _table(
        "Taken out, or to be taken out",
        ["Destination", "Audience", "Because", "No recorded", "Enforced", "Acknowledged", "State"],
        [_taken_out_row(one) for one in where.taken_out],
    )


def _taken_out_row(one: TakenOut) -> Sequence[Any]:
    state = _STATE_WORDS[one.state]
    if one.waits_for is not None:
        state += f", {_WAITS_WORDS[one.waits_for]}" + (": overdue" if one.is_overdue else "")
    return [
        one.holding.destination,
        one.holding.audience,
        f"{one.cause}: {one.reason}",
        _moment(one.recorded_at),
        _moment(one.enforced_at),
        _moment(one.ended_at) if one.state != SuppressionState.SUPERSEDED else "-",
        state,
    ]


def lay_out_runs(runs: Sequence[TracedRun], verify: str) -> Table:
    """Return a page of runs; each can be verified at the address that `verify` begins."""
    return _table(
        "",
        ["Started (UTC)", "Destination", "Purpose", "For", "The person", "Evidence"],
        [_run_row(one, verify) for one in runs],
    )


def _run_row(run: TracedRun, verify: str) -> Sequence[Any]:
    page = reverse("admin:activation_enforcement_enforcementrun_change", args=[run.run_id])
    started = format_html('<a href="{}" class="text-primary-600">{}</a>', page, _moment(run.started_at))
    found = run.looked_up
    return [started, run.destination, run.purpose, run.controller, tell_presence(found), _trust(run, verify)]


def tell_presence(found: LookedUp) -> str:
    """Return what became of the person in a run, in words."""
    told = PRESENCE_WORDS[found.presence]
    if found.reasons and found.presence != Presence.DENIED:
        return f"{told}; other rows denied: {', '.join(found.reasons)}"
    return f"{told}: {', '.join(found.reasons)}" if found.reasons else told


def _trust(run: TracedRun, verify: str) -> str | SafeString:
    trust = run.looked_up.trust
    if trust is None:
        return "-"
    if trust is Trust.WHOLE:
        return TRUST_WORDS[trust]
    link = f"{verify}{run.run_id}"
    return format_html('{} · <a href="{}" class="text-primary-600">verify</a>', TRUST_WORDS[trust], link)


def lay_out_figures(figures: Mapping[str, Any]) -> Table:
    """Return what a trace of all runs came to."""
    runs = figures["runs"]
    rows = [[PRESENCE_WORDS[one], f"{runs[one]:,}"] for one in Presence if one in runs]
    return _table("All runs", ["The person", "Runs"], rows)


def _table(title: str, headers: Sequence[str], rows: Sequence[Sequence[Any]]) -> Table:
    return {"title": title, "headers": headers, "rows": rows}


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}" if at else "-"
