"""Which choices a request comes to, under a policy. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from consent.records.types import ANY_PURPOSE, Choice, NewChoice
from consent.requests.types import RequestType

_SAID_OF_PURPOSES = {RequestType.OBJECTION: Choice.OBJECTED, RequestType.WITHDRAWAL: Choice.WITHDRAWN}


def list_choices(
    request_type: RequestType,
    *,
    policy: Mapping[str, Any],
    controller: str,
    purposes: Iterable[str],
    said_at: datetime,
) -> tuple[NewChoice, ...]:
    """Return what is recorded of a request; nothing of one that is no choice.

    An opt-out is recorded for each purpose that is marked as sale, sharing or targeted advertising, and as a
    signal for all: that one counts for purposes which are marked later. An objection and a withdrawal name
    purposes, or speak of all.
    """
    return tuple(
        NewChoice(
            purpose=purpose, choice=choice, effective_at=said_at, controller=controller, method="request"
        )
        for purpose, choice in _list_pairs(request_type, policy, tuple(purposes))
    )


def _list_pairs(
    request_type: RequestType, policy: Mapping[str, Any], purposes: tuple[str, ...]
) -> list[tuple[str, Choice]]:
    known: Mapping[str, Any] = policy.get("purposes", {})
    if request_type is RequestType.OPT_OUT:
        marked = [slug for slug, purpose in known.items() if purpose.get("opt_out_signals")]
        return [*((slug, Choice.OPTED_OUT) for slug in sorted(marked)), (ANY_PURPOSE, Choice.SIGNAL)]
    if request_type is RequestType.LIMIT_SENSITIVE:
        categories = policy.get("data_categories", {})
        special = {slug for slug, category in categories.items() if category.get("special")}
        using = [slug for slug, purpose in known.items() if special & set(purpose.get("data_categories", ()))]
        return [(slug, Choice.LIMITED) for slug in sorted(using)]
    if choice := _SAID_OF_PURPOSES.get(request_type):
        return [(slug, choice) for slug in purposes or (ANY_PURPOSE,)]
    return []
