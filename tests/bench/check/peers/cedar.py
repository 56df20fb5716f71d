"""Cedar, decided in process by cedarpy."""

import json

from tests.bench.check.peers.libraries import Library, expected
from tests.bench.check.peers.opa import NOW_S
from tests.bench.check.people import (
    DESTINATION,
    PURPOSES,
    RESIDENCES,
    VALID_UNTIL_S,
    Asked,
    Person,
    list_asked,
)


def list_libraries(people: int, count: int) -> list[Library]:
    """Return the library, asked in two ways, with `count` questions about `people` people."""
    asked = list_asked(people, count)
    return [
        _library("cedarpy_parsed", "Cedar, entities parsed before", asked),
        _library("cedarpy_text", "Cedar, entities as JSON", asked),
    ]


def _library(mode: str, title: str, asked: list[Asked]) -> Library:
    return Library(
        module="cedarpy",
        mode=mode,
        requirement="cedarpy==4.12.2",
        title=title,
        policy="".join(_permit(purpose) for purpose in PURPOSES),
        inputs=[{"request": _request(one), "entities": [_entity(one.person)]} for one in asked],
        expected=expected(asked),
    )


def _permit(purpose: str) -> str:
    consent = f'principal.consents["{purpose}"]'
    return f"""\
permit (principal is Person, action == Action::"{purpose}", resource == Destination::"{DESTINATION}")
when {{
    {json.dumps(RESIDENCES)}.contains(principal.residence) && principal.consents has "{purpose}"
    && {consent}.choice == "granted" && {consent}.valid_until > context.at
}};
"""


def _request(asked: Asked) -> dict[str, object]:
    return {
        "principal": {"type": "Person", "id": asked.person.user_id},
        "action": {"type": "Action", "id": asked.purpose},
        "resource": {"type": "Destination", "id": DESTINATION},
        "context": {"at": NOW_S},
    }


def _entity(person: Person) -> dict[str, object]:
    consents = {
        purpose: {"choice": person.choice(purpose), "valid_until": VALID_UNTIL_S} for purpose in PURPOSES
    }
    return {
        "uid": {"type": "Person", "id": person.user_id},
        "attrs": {"residence": person.residence, "consents": consents},
        "parents": [],
    }
