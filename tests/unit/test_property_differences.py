"""What a comparison says of request properties, and of what is registered of destinations."""

from typing import Any

import pytest

from consent.policies.diff import destination_entries
from consent.policies.diff.comparing import compare
from consent.policies.diff.types import Direction, Effect
from tests.policy_documents import Document, make_document, remove, spoil

REGION = ("properties", "resource.region")
ADS = ("destinations", "ads", "properties")
CAN_BE = "Conditions on it can be met that could not."
CANNOT_BE = "Conditions on it that could be met are no longer."
AS_BEFORE = "No condition of a rule on its purposes is answered otherwise."
PUBLIC = {"property": "resource.is_public", "operator": "eq", "value": True}
ONLY_PUBLIC = spoil(make_document(), "rules", 1, "conditions", value=[PUBLIC])
"""Orders, which offers by e-mail require, are for what is open to all."""


def not_from_eu_1(**region: Any) -> Document:
    """Return the document with a rule that asks for any region but one, and another list of regions."""
    condition = {"property": "resource.region", "operator": "ne", "value": "eu-1"}
    document = spoil(make_document(), "rules", 0, "conditions", value=[condition])
    return spoil(document, *REGION, value={**document["properties"]["resource.region"], **region})


def effects_of(before: Document, after: Document) -> list[Effect]:
    entries = [entry for section in compare(before, after).sections for entry in section.entries]
    return [effect for entry in entries for effect in entry.effects]


@pytest.mark.parametrize(
    ("before", "after", "direction", "words"),
    [
        (
            make_document(),
            spoil(make_document(), "properties", "subject.role", value={"title": "Role", "type": "text"}),
            Direction.WORDING,
            "A new request property, which is text. What asks for it is told with the rules.",
        ),
        (
            make_document(),
            remove(make_document(), "properties", "subject.tier"),
            Direction.WORDING,
            "The request property is gone. What asked for it is told with the rules.",
        ),
        (
            make_document(),
            spoil(make_document(), *REGION, "values", value=["eu-1", "eu-2", "eu-3"]),
            Direction.WORDING,
            "It is now one of “eu-1”, “eu-2” and “eu-3”; before, one of “eu-1” and “eu-2”.",
        ),
        (
            not_from_eu_1(),
            not_from_eu_1(values=["eu-1", "eu-2", "eu-3"]),
            Direction.WIDER,
            "It is now one of “eu-1”, “eu-2” and “eu-3”; before, one of “eu-1” and “eu-2”.",
        ),
        (
            make_document(),
            spoil(make_document(), "properties", "subject.tier", "type", value="number"),
            Direction.WORDING,
            "It is now a number; before, text. Its conditions are others, too.",
        ),
        (
            make_document(),
            spoil(make_document(), *REGION, "values", value=["eu-2", "eu-1"]),
            Direction.WORDING,
            "Only the order of values changed.",
        ),
        (
            make_document(),
            spoil(make_document(), *ADS, value={"resource.region": "eu-1"}),
            Direction.WIDER,
            "Region is now registered as “eu-1”; before, not at all. " + CAN_BE,
        ),
        (
            make_document(),
            spoil(make_document(), *ADS, value={"resource.region": "eu-2"}),
            Direction.NARROWER,
            "Region is now registered as “eu-2”; before, not at all. " + CANNOT_BE,
        ),
        (
            make_document(),
            spoil(make_document(), *ADS, value={"resource.is_public": True}),
            Direction.WORDING,
            "Open to all is now registered as true; before, not at all. " + AS_BEFORE,
        ),
        (
            spoil(ONLY_PUBLIC, *ADS, value={"resource.is_public": False}),
            spoil(ONLY_PUBLIC, *ADS, value={"resource.is_public": True}),
            Direction.WIDER,
            "Open to all is now registered as true; before, as false. " + CAN_BE,
        ),
    ],
)
def test_a_difference_is_told_with_its_direction(
    before: Document, after: Document, direction: Direction, words: str
) -> None:
    assert effects_of(before, after) == [Effect(direction, words)]


def test_without_a_look_at_required_purposes_a_direction_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destination_entries, "_with_required", lambda _, purposes: purposes)

    [effect] = effects_of(ONLY_PUBLIC, spoil(ONLY_PUBLIC, *ADS, value={"resource.is_public": True}))

    assert effect.direction is Direction.WORDING
