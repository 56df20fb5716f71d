"""What is told from memory is what would be worked out, and a planted bug is never hidden by it."""

from typing import Any

import pytest

from consent.policies import queries
from consent.policies.document import notices, validation
from consent.policies.document.reading import MalformedPolicy, read_yaml
from consent.policies.law import lint
from consent.policies.law.types import LawTable
from consent.policies.types import Fault
from tests.policy_documents import make_document, spoil
from tests.remembered import CALLERS, Memory, list_modules

FAULTY = spoil(make_document(), "title", value="")


class Counter:
    """Validates, and counts how often."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, document: object) -> list[Fault]:
        """Return the faults of `document`."""
        self.asked += 1
        return validation.validate(document)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def ask(counter: Counter) -> Any:
    """A memory of its own that asks the counter."""

    def validate(document: object) -> list[Fault]:
        return counter(document)

    return Memory(list_modules()).wrap(validate)


def test_what_was_asked_before_is_not_worked_out_again(ask: Any, counter: Counter) -> None:
    first, again = ask(FAULTY), ask(spoil(make_document(), "title", value=""))
    assert first == again == validation.validate(FAULTY) != []
    assert counter.asked == 1


def test_another_question_is_worked_out(ask: Any, counter: Counter) -> None:
    assert ask(FAULTY) != ask(make_document())
    assert counter.asked == 2


def test_values_that_are_equal_and_not_the_same_are_two_questions(ask: Any, counter: Counter) -> None:
    for value in (1, True, 1.0):
        ask(spoil(make_document(), "title", value=value))
    assert counter.asked == 3


def test_whoever_spoils_an_answer_spoils_their_own(ask: Any) -> None:
    ask(FAULTY).clear()
    ask(FAULTY).clear()
    assert ask(FAULTY) == validation.validate(FAULTY)


def test_what_is_raised_is_raised_again() -> None:
    remembered = Memory(list_modules()).wrap(read_yaml)
    for _ in range(2):
        with pytest.raises(MalformedPolicy, match="line 1"):
            remembered("- a")


def plant_in_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(validation, "_CHECKS", ())


def plant_in_a_module_below(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "find_oddities", lambda *_: ())


def plant_in_a_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LawTable, "find", lambda *_, **__: ())


def plant_in_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint.find_warnings, "__code__", (lambda *_, **__: ()).__code__)


PLANTS = (plant_in_a_module, plant_in_a_module_below, plant_in_a_class, plant_in_code)


@pytest.mark.parametrize("plant", PLANTS)
def test_while_a_bug_is_planted_everything_is_worked_out(
    ask: Any, counter: Counter, monkeypatch: pytest.MonkeyPatch, plant: Any
) -> None:
    ask(FAULTY)
    with monkeypatch.context() as planted:
        plant(planted)
        ask(FAULTY)
        ask(FAULTY)
        assert counter.asked == 3
    ask(FAULTY)
    assert counter.asked == 3


def test_a_bug_that_is_planted_shows_in_the_answer(ask: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ask(FAULTY)
    with monkeypatch.context() as planted:
        planted.setattr(validation, "find_form_faults", lambda _: ())
        planted.setattr(validation, "_CHECKS", ())
        assert ask(FAULTY) == []
    assert ask(FAULTY)


def test_all_that_the_functions_are_made_of_is_watched() -> None:
    watched = {module.__name__ for module in list_modules()}
    assert watched >= {
        "consent.kernel.canonical",
        "consent.policies.document.notice_text",
        "consent.policies.document.schema",
        "consent.policies.law.checks.ages",
        "consent.policies.law.types",
        "consent.policies.taxonomy.vocabulary",
        "consent.policies.types",
    }
    assert not {"consent.policies.models", "consent.policies.law.clocks"} & watched  # they read the database


def test_the_functions_themselves_are_as_they_were() -> None:
    assert queries.validate.__wrapped__ is validation.validate  # type: ignore[attr-defined]
    assert not hasattr(validation.validate, "__wrapped__")
    assert queries.find_warnings.__wrapped__ is lint.find_warnings  # type: ignore[attr-defined]
    assert "consent.policies.queries" in CALLERS
