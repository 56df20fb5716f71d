"""Questions drawn at random about a crowd, in every form that the check API takes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from activation.decisions.types import Question
from consent.records.services import sign_token
from consent.subjects.types import Identifier, IdentifierKind, WriteToken
from tests.differential_people import Crowd

EVALUATION, EVALUATIONS, CHECKS = "/access/v1/evaluation", "/access/v1/evaluations", "/api/v1/checks"
_HASHED = {IdentifierKind.EMAIL: "email_sha256", IdentifierKind.PHONE: "phone_sha256"}


@dataclass(frozen=True)
class Request:
    """What is sent where."""

    path: str
    body: dict[str, Any]
    count: int
    """How many questions it asks."""
    asked: tuple[Identifier, Question] | None = None
    """What one evaluation asks, for the engine; None if the engine alone cannot be asked it."""


class Questions:
    """Draws requests."""

    def __init__(self, crowd: Crowd, *, seed: int, now: datetime) -> None:
        self.crowd, self.now = crowd, now
        self.draw = random.Random(seed)  # noqa: S311 - draws questions, not secrets
        document = crowd.document
        self.purposes, self.destinations = sorted(document["purposes"]), sorted(document["destinations"])
        self.controllers, self.categories = (
            sorted(document["controllers"]),
            sorted(document["data_categories"]),
        )
        self.pairs = [
            (purpose, slug)
            for slug in self.destinations
            for purpose in document["destinations"][slug]["purposes"]
        ]

    def request(self, *, is_now: bool) -> Request:
        """Return one request; `is_now`: the present may be asked about, and how fresh the answer is."""
        draw = self.draw.random()
        if draw < 0.6:
            return self._evaluation(is_now=is_now)
        return self._evaluations(is_now=is_now) if draw < 0.8 else self._checks(is_now=is_now)

    def _evaluation(self, *, is_now: bool) -> Request:
        subject, identifier = self._subject()
        purpose, destination = self._pair()
        terms, plain = self._terms(is_now=is_now)
        if self.draw.random() < 0.1:
            subject, terms["at_least"] = self._token()
        body: dict[str, Any] = {
            "subject": subject,
            "action": {"name": purpose},
            "resource": {"type": "destination", "id": destination},
        }
        if terms or self.draw.random() < 0.3:
            body["context"] = terms
        properties = self._properties()
        if properties:
            body["resource"]["properties"] = properties
        question = Question(
            purpose=purpose,
            destination=destination,
            properties={f"resource.{name}": value for name, value in properties.items()},
            **plain,
        )
        is_open = identifier is not None and "at_least" not in terms and plain["controller"]
        return Request(EVALUATION, body, 1, (identifier, question) if is_open and identifier else None)

    def _evaluations(self, *, is_now: bool) -> Request:
        terms, _ = self._terms(is_now=is_now)
        items = list(self._items(self.draw.randint(1, 5)))
        body: dict[str, Any] = {"context": terms, "evaluations": items}
        if self.draw.random() < 0.5:  # the first of them stands for the others, which say where they differ
            first = items[0]
            body |= {"action": first["action"], "resource": first["resource"]}
            body["evaluations"] = [first, *({"subject": one["subject"]} for one in items[1:])]
        if self.draw.random() < 0.2:
            semantics = ["execute_all", "deny_on_first_deny", "permit_on_first_permit"]
            body["options"] = {"evaluations_semantic": self.draw.choice(semantics)}
        return Request(EVALUATIONS, body, len(items))

    def _items(self, count: int) -> Iterator[dict[str, Any]]:
        for _ in range(count):
            purpose, destination = self._pair()
            yield {
                "subject": self._subject()[0],
                "action": {"name": purpose},
                "resource": {"type": "destination", "id": destination},
            }

    def _checks(self, *, is_now: bool) -> Request:
        terms, _ = self._terms(is_now=is_now)
        purpose, destination = self._pair()
        subjects = [self._subject()[0] for _ in range(self.draw.randint(1, 6))]
        properties = {f"resource.{name}": value for name, value in self._properties().items()}
        given = {"properties": properties} if properties else {}
        body = {"purpose": purpose, "destination": destination, "subjects": subjects, **terms, **given}
        return Request(CHECKS, body, len(subjects))

    def _pair(self) -> tuple[str, str]:
        draw = self.draw.random()
        if draw < 0.85:
            return self.draw.choice(self.pairs)
        unknown = ("no.such_purpose", self.draw.choice(self.destinations))
        return unknown if draw < 0.88 else (self.draw.choice(self.purposes), self._destination())

    def _destination(self) -> str:
        return str(self.draw.choice([*self.destinations, "no_such_destination"]))

    def _subject(self) -> tuple[dict[str, str], Identifier | None]:
        draw = self.draw.random()
        if draw < 0.004:
            kind, value = self.draw.choice([("passport", "1"), ("email", "no address"), ("phone", "12")])
            return {"type": kind, "id": value}, None
        if draw < 0.06:
            stranger = Identifier(IdentifierKind.CUSTOMER_ID, "stranger")
            return {"type": "customer_id", "id": stranger.value}, stranger
        one = self.draw.choice(self.draw.choice(self.crowd.people))
        if one.kind in _HASHED and self.draw.random() < 0.5:
            digest = sha256(one.value.encode()).hexdigest()
            return {"type": _HASHED[one.kind], "id": digest}, Identifier(
                IdentifierKind(_HASHED[one.kind]), digest
            )
        return {"type": one.kind.value, "id": one.value}, one

    def _terms(self, *, is_now: bool) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the terms as sent, and as a question has them."""
        draw = self.draw
        terms: dict[str, Any] = {}
        plain: dict[str, Any] = {"controller": ""}
        if draw.random() < 0.95:
            terms["controller"] = plain["controller"] = draw.choice([*self.controllers * 5, "nobody"])
        if draw.random() < 0.15:
            terms["data_categories"] = draw.sample(self.categories, draw.randint(1, len(self.categories)))
            plain["data_categories"] = frozenset(terms["data_categories"])
        if draw.random() < 0.15:
            terms["jurisdiction"] = plain["jurisdiction_hint"] = draw.choice(self.crowd.places)
        if draw.random() < 0.02:
            terms["shadow"] = True
        if is_now and draw.random() < 0.1:
            terms["max_staleness_s"] = draw.choice([1, 30])
        return terms, plain

    def _token(self) -> tuple[dict[str, Any], str]:
        """Return somebody, and a token of something they said, or are yet to say."""
        identifiers, told = self.draw.choice(self.crowd.told)
        subject = {"type": identifiers[0].kind.value, "id": identifiers[0].value}
        version = self.draw.choice([1, told.version, told.version, told.version + 5])
        return subject, sign_token(WriteToken(told.subject_ref, version))

    def _properties(self) -> dict[str, Any]:
        if self.draw.random() < 0.85:
            return {}
        return {name: self.draw.choice(["west", 1, True, "x"]) for name in ("region", "amount")}
