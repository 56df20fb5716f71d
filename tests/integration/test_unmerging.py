"""Undoing a link restores each person's own answer: the law of tests/decisions, through the services."""

from itertools import product

import pytest
from django.contrib.auth.models import User

from activation.checks.queries import check
from activation.decisions.reasons import Effect
from activation.decisions.types import Question
from consent.ledger.queries import get_time
from consent.records.rules.rows import read_row
from consent.records.types import NewRow, Vocabulary
from consent.subjects import queries, services
from consent.subjects.types import Identifier
from tests.enforcement_world import QUESTION, publish_policy, register_ads
from tests.records_world import JUNE_1, make_choice, make_fact, record_all
from tests.subjects_world import attach, cookie, customer

pytestmark = pytest.mark.django_db

VOCABULARY = Vocabulary(
    purposes=frozenset({"advertising.audience"}),
    controllers=frozenset({"shop"}),
    destinations=frozenset({"ads"}),
    notices=frozenset({("privacy", 1)}),
)
HISTORIES = [(), ("granted",), ("withdrawn",), ("granted", "withdrawn"), ("withdrawn", "granted")]


def tell(who: Identifier, choices: tuple[str, ...]) -> None:
    """Record what a resident of Germany chose, month by month."""
    said = [
        make_choice(
            purpose="advertising.audience",
            choice=choice,
            controller="shop",
            effective_at=f"2026-{month:02}-05T10:00:00Z",
        )
        for month, choice in enumerate(choices, 2)
    ]
    row = read_row(
        {
            "identifiers": [{"kind": who.kind.value, "value": who.value}],
            "choices": said,
            "facts": [make_fact()],
        },
        vocabulary=VOCABULARY,
        at=JUNE_1,
    )
    assert isinstance(row, NewRow), row
    record_all(row)


def is_allowed(who: Identifier) -> bool:
    question = Question(
        purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
    )
    return check(identifiers=[who], question=question, at=get_time()).effect is Effect.ALLOW


def test_undoing_a_link_gives_each_person_their_own_answer_back() -> None:
    publish_policy()
    register_ads()
    officer = User.objects.create_user("olga").pk
    for number, (mine, theirs) in enumerate(product(HISTORIES, repeat=2)):
        ann, browser = customer(str(number)), cookie(str(number))
        tell(ann, mine)
        tell(browser, theirs)
        before = [is_allowed(ann), is_allowed(browser)]
        attach([ann, browser])
        merged = [is_allowed(ann), is_allowed(browser)]
        [left], [right] = queries.find_subjects([[ann], [browser]])

        services.unlink_subjects(left=left, right=right, officer=officer, reason="two", at=get_time())

        assert merged[0] == merged[1]
        assert not (merged[0] and not any(before)), (mine, theirs)
        assert [is_allowed(ann), is_allowed(browser)] == before, (mine, theirs)
        assert before == [mine[-1:] == ("granted",), theirs[-1:] == ("granted",)]
