"""What happened to a request, the latest first, in words."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.contrib.auth import get_user_model

from consent.requests.admin.words import at_utc, say
from consent.requests.models import Request, RequestEvent
from consent.requests.types import Actor, EventKind

MOST = 200
_UNTOLD = {"note", "step", "package", "message"}  # ids, which say nothing to a reader
WORDS = {
    EventKind.NOTED: "note added",
    EventKind.JURISDICTION_DECIDED: "jurisdiction decided",
    EventKind.PROPOSED: "erasure proposed",
    EventKind.APPROVED: "erasure approved",
    EventKind.SENT_BACK: "erasure sent back",
    EventKind.DOWNLOADED: "package downloaded",
    EventKind.CERTIFIED: "certificate signed",
    EventKind.JOINED: "a request for the same was joined",
}
Line = Mapping[str, Any]


def describe_events(case: Request, *, after: int = 0) -> list[Line]:
    """Return the events after the one with the id `after`, the latest first, `MOST` of them."""
    rows = list(case.events.filter(pk__gt=after).select_related("officer").order_by("-at", "-pk")[:MOST])
    names = _name_officers(event.detail.get("to") for event in rows if event.kind == EventKind.ASSIGNED)
    return [_describe(event, names) for event in rows]


def _name_officers(ids: Iterable[int | None]) -> Mapping[int, str]:
    found = get_user_model().objects.filter(pk__in={one for one in ids if one is not None})
    return {officer.pk: officer.get_username() for officer in found}


def _describe(event: RequestEvent, names: Mapping[int, str]) -> Line:
    kind = EventKind(event.kind)
    return {
        "id": event.pk,
        "at": at_utc(event.at),
        "what": WORDS.get(kind, say(kind.value)),
        "who": _tell_actor(event),
        "more": "; ".join(_tell_more(event, names)),
    }


def _tell_actor(event: RequestEvent) -> str:
    if event.officer:
        return event.officer.get_username()
    return {Actor.PERSON: "the person", Actor.SYSTEM: "the service", Actor.CALLER: "the API's caller"}.get(
        Actor(event.actor), event.actor
    )


def _tell_more(event: RequestEvent, names: Mapping[int, str]) -> Iterator[str]:
    if event.kind == EventKind.ASSIGNED:
        to = event.detail.get("to")
        yield f"to {names.get(to, 'an officer who is gone')}" if to is not None else "to nobody in particular"
        return
    if event.before != event.after:
        yield f"{say(event.before) or 'new'} → {say(event.after)}"
    if event.ground:
        yield f"ground: {say(event.ground)}"
    for name, value in sorted(event.detail.items()):
        if name not in _UNTOLD and value not in (None, "", [], {}):
            yield f"{say(name)}: {_tell_value(value)}"


def _tell_value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return say(value) if isinstance(value, str) else str(value)
