"""Whatever a policy is asked, the explanation has words for it, and they are the engine's own answer."""

import pytest

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import RegisteredDestination
from activation.desk import explanation
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.explanation import explain
from tests.decisions.places import NOW, SAID_AT, Asked, decide_willing, list_questions
from tests.decisions.test_resolution import FEW_CODES, RETAILER, VARIANTS, requiring, variant
from tests.policy_documents import Document, read_retailer


def explained(policy: CompiledPolicy, document: Document, asked: Asked) -> explanation.Explanation:
    slugs = [*policy.destinations, asked.destination]
    register = {slug: RegisteredDestination(slug, "file", SAID_AT) for slug in slugs}
    question = ExplainedQuestion.ask(
        policy,
        document,
        register,
        purpose=asked.purpose,
        controller=asked.controller,
        jurisdiction=asked.jurisdiction,
        destination=asked.destination,
        at=NOW,
    )
    return explain(question)


def find_misled(policy: CompiledPolicy, document: Document) -> list[Asked]:
    """Return each question of which the explanation says otherwise than the engine decides."""
    return [
        asked
        for asked in list_questions(policy, FEW_CODES)
        if not agrees(explained(policy, document, asked), policy, asked)
    ]


def agrees(told: explanation.Explanation, policy: CompiledPolicy, asked: Asked) -> bool:
    """Whether a denial is told for everybody exactly where one who agreed to everything is denied so."""
    reason = decide_willing(policy, asked).reason
    if told.changes:
        return (
            told.changes[0].startswith(f"{reason}: ")
            and told.answer == f"Everybody is denied, with {reason}."
        )
    return "hangs on the person" in told.answer


def test_every_question_of_the_retailer_is_explained_as_it_is_decided() -> None:
    assert find_misled(RETAILER, read_retailer()) == []


@pytest.mark.parametrize("name", VARIANTS)
def test_whatever_the_policy_says_is_explained_as_it_is_decided(name: str) -> None:
    assert find_misled(variant(name), {}) == []


def test_a_denial_at_the_end_of_a_long_line_of_requirements_is_explained() -> None:
    chain = {f"step_{number}": [f"step_{number + 1}"] for number in range(500)}
    asked = Asked(purpose="step_0", controller="acme", jurisdiction="FR", destination="partner")

    told = explained(requiring(chain), {}, asked)

    assert "which requires step_500, denied with purpose_unknown" in told.changes[0]


def test_an_answer_that_misleads_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanation, "_answer", lambda _: "The answer hangs on the person.")

    assert find_misled(RETAILER, read_retailer())
