"""People drawn at random under a policy, and everything that can happen to them."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.db import transaction

from activation.destinations.services import register_destination, resume_destination, suspend_destination
from activation.destinations.types import DestinationKind
from consent.kernel.errors import AccordantError
from consent.keys import services as keys
from consent.records import services as records
from consent.records.queries import list_records_by_id
from consent.records.types import (
    ANY_PURPOSE,
    NEUTRAL,
    NO,
    YES,
    Choice,
    Fault,
    NewChoice,
    NewFact,
    NewRow,
    Recorded,
)
from consent.subjects import services as subjects
from consent.subjects.rules import normalise
from consent.subjects.types import FactName, Identifier, IdentifierKind, SubjectRef
from tests.policy_documents import Document
from tests.policy_officers import make_officer

Kind = IdentifierKind
DAY = timedelta(days=1)
_YES_OR_NO = ("yes", "no")


class Crowd:
    """The people of one world, and what each was told by."""

    def __init__(self, document: Document, *, seed: int, now: datetime) -> None:
        self.document, self.now = document, now
        self.draw = random.Random(seed)  # noqa: S311 - draws people, not secrets
        self.people: list[tuple[Identifier, ...]] = []
        self.told: list[tuple[tuple[Identifier, ...], Recorded]] = []
        self.officer = make_officer("officer").pk
        self.suspended: list[str] = []
        self.links: list[tuple[SubjectRef, SubjectRef]] = []
        self.places = [*document["jurisdictions"], *self._members(), "JP"]

    def _members(self) -> Iterator[str]:
        for entry in self.document["jurisdictions"].values():
            yield from entry.get("members", [])

    def register(self) -> None:
        """Register the policy's destinations, but for one now and then."""
        for slug, entry in self.document["destinations"].items():
            if self.draw.random() < 0.9:
                register_destination(
                    slug=slug,
                    kind=DestinationKind(entry["kind"]),
                    title=entry["title"],
                    registered_by="officer",
                    at=self.now - 100 * DAY,
                )

    def arrive(self, count: int) -> None:
        """Let so many new people come, and say things."""
        for number in range(len(self.people), len(self.people) + count):
            self.people.append(tuple(self._identifiers(number)))
            self.tell(self.people[-1])

    def _identifiers(self, number: int) -> Iterator[Identifier]:
        every: list[tuple[Kind, str]] = [
            (Kind.CUSTOMER_ID, f"{number:05}"),
            (Kind.USER_ID, f"user-{number}"),
            (Kind.EMAIL, f"C{number}@Customers.example"),
            (Kind.PHONE, f"+49170{number:07}"),
            (Kind.DEVICE_ID, f"device-{number // 3}"),  # some people share one
            (Kind.ADVERTISING_ID, f"{number:08}-1111-4111-8111-111111111111"),
            (Kind.COOKIE_ID, f"cookie-{number}"),
            (Kind.EMAIL_SHA256, sha256(f"h{number}@customers.example".encode()).hexdigest()),
        ]
        for kind, value in self.draw.sample(every, self.draw.randint(1, 4)):
            yield normalise(Identifier(kind, value, verified=self.draw.random() < 0.5))

    def happen(self, count: int) -> None:
        """Let so many things happen, each in its own transaction: what is refused changes nothing."""
        events: list[Callable[[], object]] = [
            *[self.speak] * 12,
            *[self.officer_finds] * 3,
            *[self.link] * 2,
            self.unlink,
            self.erase,
            self.start_anew,
            self.suspend,
            self.resume,
        ]
        for place in range(count):
            if place == count // 2 and self.draw.random() < 0.5:
                self.lose_key()
            try:
                with transaction.atomic():
                    self.draw.choice(events)()
            except AccordantError:
                continue

    def speak(self) -> None:
        """Let somebody say something, at times beside somebody else's identifier."""
        one = self.draw.choice(self.people)
        beside = self.draw.choice(self.people)[:1] if self.draw.random() < 0.15 else ()
        self.tell((*one, *beside))

    def tell(self, identifiers: tuple[Identifier, ...], *, new_start: bool = False) -> Recorded | None:
        """Record what somebody says."""
        draw = self.draw
        facts = tuple(self._fact() for _ in range(draw.choice([0, 1, 1, 2, 3])))
        choices = tuple(self._choice() for _ in range(draw.choice([0, 1, 2, 4, 6]) or not facts))
        return self._record(NewRow(tuple(dict.fromkeys(identifiers)), choices, facts, new_start))

    def agree(self, identifiers: tuple[Identifier, ...], *, place: str, **said: Any) -> None:
        """Let somebody who lives in `place` agree, explicitly and yesterday."""
        given: dict[str, Any] = {"destination": None, "expires_at": None, "explicit": True, **said}
        choice = self._choice(choice=Choice.GRANTED, effective_at=self.now - DAY, **given)
        lives = NewFact(name=FactName.RESIDENCE, value=place, effective_at=self.now - 2 * DAY, until=None)
        self._record(NewRow(identifiers, (choice,), (lives,)))

    def _record(self, row: NewRow) -> Recorded | None:
        [outcome] = records.record_rows(rows=[row], source="test", at=self.now)
        if isinstance(outcome, Fault):
            return None
        assert isinstance(outcome, Recorded)
        self.told.append((row.identifiers, outcome))
        return outcome

    def _before(self) -> datetime:
        return self.now - self.draw.choice([1, 1, 30, 200, 390, 725]) * DAY

    def _choice(self, **changes: Any) -> NewChoice:
        draw, document = self.draw, self.document
        said = draw.choice(sorted(draw.choice([YES, YES, YES, NO, NEUTRAL])))
        purposes = [*document["purposes"], "marketing", ANY_PURPOSE] if said in NO else document["purposes"]
        notice = draw.choice(sorted(document["notices"]))
        wide, began = said in NO and draw.random() < 0.4, self._before()
        given: dict[str, Any] = {
            "purpose": draw.choice(sorted(purposes)),
            "choice": said,
            "effective_at": began,
            "controller": None if wide else draw.choice(sorted(document["controllers"])),
            "destination": draw.choice(sorted(document["destinations"])) if draw.random() < 0.1 else None,
            "notice": notice,
            "notice_version": int(draw.choice(sorted(document["notices"][notice]["versions"]))),
            "method": "checkbox",
            "form": draw.choice(["checkout", "account"]),
            "expires_at": began + draw.choice([20, 220, 420]) * DAY if draw.random() < 0.2 else None,
            "explicit": draw.random() < 0.3,
            "by_guardian": draw.random() < 0.3,
            "after_conflict_notice": draw.random() < 0.1,
            **changes,
        }
        return NewChoice(**given)

    def _fact(self) -> NewFact:
        draw = self.draw
        name = draw.choice([FactName.RESIDENCE] * 4 + [FactName.BORN_ON] * 2 + sorted(FactName))
        if name in {FactName.RESIDENCE, FactName.LOCATION}:
            value = draw.choice(self.places)
        elif name is FactName.BORN_ON:
            years = draw.choice([13, 16, 18, 40])
            value = (self.now - (years * 365 + draw.randint(-400, 400)) * DAY).date().isoformat()
        else:
            value = draw.choice(_YES_OR_NO)
        began = self._before()
        until = began + draw.choice([20, 220, 420]) * DAY if draw.random() < 0.1 else None
        return NewFact(name=name, value=value, effective_at=began, until=until)

    def officer_finds(self) -> None:
        """Let a confirmation, a finding or an overruling speak of an earlier record."""
        identifiers, outcome = self.draw.choice(self.told)
        if outcome.record_ids:
            said = self.draw.choice([Choice.CONFIRMED, Choice.INVALIDATED, Choice.OVERRULED])
            refers_to = self.draw.choice(outcome.record_ids)
            for earlier in list_records_by_id([refers_to]):
                choice = self._choice(
                    choice=said,
                    purpose=earlier.purpose,
                    controller=earlier.controller or sorted(self.document["controllers"])[0],
                    refers_to=refers_to,
                    effective_at=self.now,
                    expires_at=None,
                )
                self._record(NewRow(identifiers, (choice,), ()))

    def link(self) -> None:
        """Let an officer link two people."""
        left, right = (self.draw.choice(self.told)[1].subject_ref for _ in range(2))
        subjects.link_by_officer(left=left, right=right, officer=self.officer, reason="known", at=self.now)
        self.links.append((left, right))

    def unlink(self) -> None:
        """Let an officer undo a link."""
        if self.links:
            left, right = self.draw.choice(self.links)
            subjects.unlink_subjects(
                left=left, right=right, officer=self.officer, reason="mistaken", at=self.now
            )

    def erase(self) -> None:
        """Erase somebody, with those linked to them or alone."""
        ref = self.draw.choice(self.told)[1].subject_ref
        subjects.erase_subject(
            ref=ref, requested_by="request:1", at=self.now, linked=self.draw.random() < 0.5
        )

    def start_anew(self) -> None:
        """Let somebody start anew, as those do who come back after an erasure."""
        self.tell(self.draw.choice(self.people), new_start=True)

    def lose_key(self) -> None:
        """Lose the key of somebody who then says something: what was sealed before does not open any more."""
        identifiers, outcome = self.draw.choice(self.told)
        keys.destroy_keys([outcome.subject_ref])
        self.tell(identifiers)

    def suspend(self) -> None:
        """Suspend a destination."""
        slug = self.draw.choice(sorted(self.document["destinations"]))
        suspend_destination(slug=slug, reason="audit", changed_by="officer", at=self.now)
        self.suspended.append(slug)

    def resume(self) -> None:
        """Resume a destination."""
        if self.suspended:
            slug = self.suspended.pop()
            resume_destination(slug=slug, reason="done", changed_by="officer", at=self.now)
