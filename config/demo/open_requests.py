"""Requests that others made in the last weeks, so that officers find a queue, a calendar and figures."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import UUID

from config.demo import shop_systems
from config.demo.people import Person, Residence, make_person
from config.demo.stage import get_officers
from config.demo.telling import Teller
from consent.ledger.queries import get_time
from consent.requests import queries, services
from consent.requests.types import (
    CHOICES_ALONE,
    Actor,
    Channel,
    ExtensionGround,
    NewRequest,
    PauseGround,
    RefusalGround,
    RequestType,
)
from consent.subjects.types import Identifier, IdentifierKind

FIRST = 20_001
"""From this customer number on somebody is looked for who lives where the request says."""
Act = Callable[[UUID], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as it came in."""

    type: RequestType
    residence: Residence
    days_ago: int
    is_proven: bool = True
    then: Act | None = None
    """What an officer did with it since."""
    purposes: tuple[str, ...] = ()
    corrections: Mapping[str, str] = field(default_factory=dict)
    details: str = ""


def propose(request_id: UUID) -> object:
    """Have Ada propose the erasure, which Ben has not approved yet."""
    return services.propose(request_id, officer_id=get_officers()[0].pk, version=_version(request_id))


def pause(request_id: UUID) -> object:
    """Have Ada stop the clock until it is clear who asks."""
    ada, at = get_officers()[0], get_time()
    return services.pause(request_id, ground=PauseGround.IDENTITY, officer_id=ada.pk, at=at)


def extend(request_id: UUID) -> object:
    """Have Ada take more time, as the law lets her."""
    ada, at = get_officers()[0], get_time()
    return services.extend(request_id, ground=ExtensionGround.COMPLEXITY, officer_id=ada.pk, at=at)


def refuse(request_id: UUID) -> object:
    """Have Ada refuse it, and say why."""
    return services.refuse(
        request_id,
        ground=RefusalGround.EXCESSIVE,
        explanation="You had all of it from us three times this year, and nothing has changed since.",
        officer_id=get_officers()[0].pk,
        version=_version(request_id),
    )


ASKED = (
    Asked(type=RequestType.ACCESS, residence=Residence.GERMANY, days_ago=26),
    Asked(type=RequestType.ACCESS, residence=Residence.UNITED_KINGDOM, days_ago=40),
    Asked(type=RequestType.ACCESS, residence=Residence.BRAZIL, days_ago=1, is_proven=False),
    Asked(
        type=RequestType.ACCESS,
        residence=Residence.UNITED_KINGDOM,
        days_ago=14,
        is_proven=False,
        then=pause,
    ),
    Asked(type=RequestType.ACCESS, residence=Residence.CALIFORNIA, days_ago=30, then=refuse),
    Asked(type=RequestType.PORTABILITY, residence=Residence.NETHERLANDS, days_ago=12),
    Asked(type=RequestType.ERASURE, residence=Residence.FRANCE, days_ago=9, then=propose),
    Asked(type=RequestType.ERASURE, residence=Residence.BRAZIL, days_ago=3),
    Asked(type=RequestType.ERASURE, residence=Residence.CALIFORNIA, days_ago=20, then=extend),
    Asked(
        type=RequestType.RECTIFICATION,
        residence=Residence.GERMANY,
        days_ago=5,
        corrections={"country": "AT"},
        details="I moved to Austria.",
    ),
    Asked(type=RequestType.RESTRICTION, residence=Residence.FRANCE, days_ago=2),
    Asked(type=RequestType.OPT_OUT, residence=Residence.CALIFORNIA, days_ago=4),
    Asked(
        type=RequestType.OBJECTION,
        residence=Residence.GERMANY,
        days_ago=10,
        purposes=("marketing.post",),
    ),
    Asked(
        type=RequestType.COMPLAINT,
        residence=Residence.GERMANY,
        days_ago=6,
        details="Your newsletter came although I had said no.",
    ),
    Asked(type=RequestType.AUTOMATED_DECISION, residence=Residence.NETHERLANDS, days_ago=8),
)


def seed(*, teller: Teller) -> int:
    """Take in what others asked, once in a home, and return how many open requests there are now."""
    if len(queries.list_requests(limit=len(ASKED)).requests) < len(ASKED):
        numbers, at = count(FIRST), get_time()
        people = [next(_living_in(asked.residence, numbers)) for asked in ASKED]
        shop_systems.fill([one.customer_id for one in people])
        for asked, person in zip(ASKED, people, strict=True):
            _take_in(asked, person, at - timedelta(days=asked.days_ago))
    found = count_open()
    teller.say(f"{found} more requests are open: of many types, laws and dates.")
    return found


def count_open() -> int:
    """Return how many of the newest hundred are open, but for those that end by themselves."""
    newest = queries.list_requests(limit=100).requests
    return sum(one.closed_at is None and one.type not in CHOICES_ALONE for one in newest)


def _take_in(asked: Asked, person: Person, received_at: datetime) -> None:
    number = Identifier(IdentifierKind.CUSTOMER_ID, person.customer_id)
    email = Identifier(IdentifierKind.EMAIL, person.email, asked.is_proven)
    new = NewRequest(
        type=asked.type,
        controller=person.brands[0],
        identifiers=(number, email) if asked.is_proven else (email,),
        channel=Channel.API if asked.is_proven else Channel.PORTAL,
        received_at=received_at,
        jurisdiction=asked.residence.value,
        purposes=asked.purposes,
        corrections=asked.corrections,
        details=asked.details,
        vouched=asked.is_proven,
    )
    received = services.receive(new, actor=Actor.CALLER if asked.is_proven else Actor.PERSON)
    if asked.then is not None:
        asked.then(received.request_id)


def _living_in(residence: Residence, numbers: Iterator[int]) -> Iterator[Person]:
    people = (make_person(f"{number:05}") for number in numbers)
    return (person for person in people if person.residence is residence)


def _version(request_id: UUID) -> int:
    return queries.get_request(request_id=request_id).version
