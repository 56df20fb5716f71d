"""What callers ask, and how it is written for the service."""

from collections.abc import Collection, Mapping
from typing import Any, TypedDict

from activation.decisions.types import PropertyValue, Question

Named = tuple[str, str]
"""The kind of an identifier, and its value."""
Subject = str | Named
"""A subject reference; or the kind of an identifier and its value."""


class Terms(TypedDict, total=False):
    """What a question may say besides purpose, destination and controller."""

    data_categories: Collection[str]
    """What is to be used; left out: all that the destination may receive."""
    jurisdiction: str
    """Where the person is, as far as the caller knows."""
    properties: Mapping[str, PropertyValue]
    """Request properties by dotted name: `subject.…`, `action.…`, `resource.…`."""
    at_least: str
    """The token of a write that the answer must rest on: asked of the service."""
    max_staleness_s: float
    """The oldest state that the caller accepts."""


ONLY_SERVICE = frozenset({"at_least"})
"""Terms that only the service can keep."""


def question_of(purpose: str, destination: str, controller: str, terms: Terms) -> Question:
    """Return the question for the engine; how fresh the state must be, the caller looks after.

    :raises TypeError: if there is a term that does not exist.
    """
    if unknown := terms.keys() - Terms.__annotations__.keys():
        raise TypeError(f"a question has no term {', '.join(sorted(unknown))}")
    categories = terms.get("data_categories")
    return Question(
        purpose=purpose,
        destination=destination,
        controller=controller,
        data_categories=frozenset(categories) if categories else None,
        jurisdiction_hint=terms.get("jurisdiction"),
        properties=dict(terms.get("properties") or {}),
    )


def body_of(
    subjects: Collection[tuple[str, str]], purpose: str, destination: str, controller: str, terms: Terms
) -> dict[str, Any]:
    """Return the body of `POST /api/v1/checks`.

    :raises TypeError: if there is a term that does not exist.
    """
    question_of(purpose, destination, controller, terms)
    given = {name: value for name, value in terms.items() if value is not None}
    if "data_categories" in given:
        given["data_categories"] = sorted(terms["data_categories"])
    if controller:
        given["controller"] = controller
    people = [{"type": kind, "id": value} for kind, value in subjects]
    return {"purpose": purpose, "destination": destination, "subjects": people, **given}
