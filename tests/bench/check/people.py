"""The people whom the checks are about, and what each chose. Made up, the same on each run. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

PURPOSES = (
    "marketing.email",
    "marketing.sms",
    "marketing.post",
    "advertising.audience",
    "profiling.segmentation",
    "analytics.measurement",
    "personalisation.offers",
    "sharing.partners",
)
DESTINATION = "ads"
CONTROLLER = "shop"
RESIDENCES = ("DE", "FR", "NL")
CHOSEN_AT = "2026-02-05T10:00:00Z"
VALID_UNTIL = "2036-02-05T10:00:00Z"
"""Ten years later, as the policy says."""
VALID_UNTIL_S = 2_085_818_400
REQUESTS, BATCHES, BATCH = 2_000, 100, 100
"""How many different requests there are of each kind, and how many people a batch asks about."""
_REFUSED_OF = 4
_STRIDE = 7919
"""A prime: those asked about lie far from each other, so that no cache helps."""


@dataclass(frozen=True, slots=True)
class Person:
    """One of them, by number."""

    number: int

    @property
    def user_id(self) -> str:
        """The identifier of a login."""
        return f"user-{self.number:08}"

    @property
    def email(self) -> str:
        """The address as someone types it: it must be normalised before it is found."""
        return f"Person.{self.number}@Customers.Example"

    @property
    def residence(self) -> str:
        """Where the person lives."""
        return RESIDENCES[self.number % len(RESIDENCES)]

    def allows(self, purpose: str) -> bool:
        """Return whether the person said yes: three of four answers are."""
        return (self.number + PURPOSES.index(purpose)) % _REFUSED_OF > 0

    def choice(self, purpose: str) -> str:
        """Return what the person chose for `purpose`."""
        return "granted" if self.allows(purpose) else "refused"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question: may this person's data be used for this purpose at the destination?"""

    person: Person
    purpose: str

    @property
    def expected(self) -> bool:
        """The right answer."""
        return self.person.allows(self.purpose)


def list_asked(people: int, count: int = REQUESTS) -> list[Asked]:
    """Return `count` questions about `people` people, each purpose in turn."""
    return [
        Asked(Person(number * _STRIDE % people), PURPOSES[number % len(PURPOSES)]) for number in range(count)
    ]


def list_batches(people: int) -> list[list[Asked]]:
    """Return batches of questions about one purpose each."""
    return [
        [
            Asked(Person((batch * BATCH + number) * _STRIDE % people), PURPOSES[batch % len(PURPOSES)])
            for number in range(BATCH)
        ]
        for batch in range(BATCHES)
    ]


def make_rows(people: int) -> Iterator[dict[str, Any]]:
    """Yield the rows of an import that tells of everyone: two identifiers, a residence, eight choices."""
    for number in range(people):
        person = Person(number)
        yield {
            "identifiers": [
                {"kind": "user_id", "value": person.user_id},
                {"kind": "email", "value": person.email},
            ],
            "choices": [_choice(person, purpose) for purpose in PURPOSES],
            "facts": [{"name": "residence", "value": person.residence, "effective_at": CHOSEN_AT}],
        }


def _choice(person: Person, purpose: str) -> dict[str, Any]:
    return {
        "purpose": purpose,
        "choice": person.choice(purpose),
        "controller": CONTROLLER,
        "effective_at": CHOSEN_AT,
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "account",
    }
