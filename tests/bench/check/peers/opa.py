"""Rego, the language of Open Policy Agent, decided in process by two libraries for Python.

OPA's own library is for Go; these two interpret the same policies.
"""

from tests.bench.check.peers.libraries import Library, expected
from tests.bench.check.people import (
    DESTINATION,
    PURPOSES,
    RESIDENCES,
    VALID_UNTIL_S,
    Asked,
    list_asked,
)

NOW_S = 1_790_000_000
POLICY = """\
package accordant

import rego.v1

default allow := false

allow if {
    rule := data.rules[input.purpose]
    input.destination in rule.destinations
    input.subject.residence in rule.jurisdictions
    consent := input.subject.consents[input.purpose]
    consent.choice == "granted"
    consent.valid_until > input.at
}
"""


def list_libraries(people: int, count: int) -> list[Library]:
    """Return both libraries, with `count` questions about `people` people."""
    asked = list_asked(people, count)
    return [
        _library("regorus", "celine-regorus==0.9.1.post20260227075446", "Rego, regorus", asked),
        _library("regopy", "regopy==1.5.2", "Rego, rego-cpp", asked[: count // 10]),
    ]


def _library(module: str, requirement: str, title: str, asked: list[Asked]) -> Library:
    rule = {"destinations": [DESTINATION], "jurisdictions": list(RESIDENCES)}
    return Library(
        module=module,
        mode=module,
        requirement=requirement,
        title=title,
        policy=POLICY,
        data={"rules": dict.fromkeys(PURPOSES, rule)},
        inputs=[_input(one) for one in asked],
        expected=expected(asked),
    )


def _input(asked: Asked) -> dict[str, object]:
    person = asked.person
    consents = {
        purpose: {"choice": person.choice(purpose), "valid_until": VALID_UNTIL_S} for purpose in PURPOSES
    }
    return {
        "purpose": asked.purpose,
        "destination": DESTINATION,
        "at": NOW_S,
        "subject": {"id": person.user_id, "residence": person.residence, "consents": consents},
    }
