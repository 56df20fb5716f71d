"""The browser's opt-out signal, Global Privacy Control: seen, heeded for who visits, and put on record once.

A person's yes that followed the notice of the conflict stands against it (11 CCR 7025(c)(3)).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.http import HttpRequest

from consent.portal.preferences.pages.offers import Offer
from consent.portal.preferences.pages.person import Person
from consent.portal.preferences.pages.states import Says, Standing
from consent.portal.types import Visitor
from consent.records.services import record_rows
from consent.records.types import Choice, NewChoice, NewRow

_HEADER, _ASKS = "Sec-GPC", "1"
_SOURCE, _METHOD = "preference centre", "gpc"


def is_signalled(request: HttpRequest) -> bool:
    """Return whether the browser asks not to sell or share the person's data."""
    return request.headers.get(_HEADER, "").strip() == _ASKS


def list_unheard(
    offers: Iterable[Offer], standings: Mapping[str, Standing], person: Person
) -> tuple[str, ...]:
    """Return the purposes that the signal speaks to, and for which nothing on record says no yet."""
    if person.is_erased:
        return ()
    return tuple(
        one.slug
        for one in offers
        if one.heeds_signal
        and standings[one.slug].says is not Says.NO
        and one.slug not in person.choices.against_signal
    )


def put_on_record(visitor: Visitor, purposes: Iterable[str], *, at: datetime) -> None:
    """Record the signal as a no to each of `purposes`: for whoever visits, be it a device alone."""
    choices = tuple(
        NewChoice(
            purpose=slug,
            choice=Choice.SIGNAL,
            effective_at=at,
            controller=visitor.controller,
            method=_METHOD,
        )
        for slug in purposes
    )
    record_rows(rows=[NewRow(visitor.identifiers, choices, ())], source=_SOURCE, at=at)
