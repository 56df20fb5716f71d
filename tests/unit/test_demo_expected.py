"""The answers stated by hand, held against the engine under the retailer's policy."""

import ast
from collections import Counter
from pathlib import Path

import pytest

import config.demo
from activation.decisions.reasons import ALLOWING as ALLOWING_REASONS
from activation.decisions.reasons import Reason
from config.demo.audience import AudienceMember, list_audience
from config.demo.expected import ALLOWING, IN_CALIFORNIA, REASONS, count_expected, expected_reason
from config.demo.groups import Group
from config.demo.people import HARBOR, NORTHWIND
from tests.demo_world import decide_member, make_policy


@pytest.mark.parametrize("controller", [HARBOR, NORTHWIND])
def test_the_engine_gives_every_member_the_answer_stated_by_hand(controller: str) -> None:
    policy = make_policy()

    def differs(member: AudienceMember) -> bool:
        decision, stated = (
            decide_member(policy, member, controller),
            expected_reason(member.person, controller),
        )
        return decision.reason != stated or decision.allowed is not (stated in ALLOWING)

    wrong = [member.person for member in list_audience(controller) if differs(member)]

    assert not wrong


def test_every_group_has_an_answer_in_the_words_of_the_contract() -> None:
    stated = {*REASONS.values(), *IN_CALIFORNIA.values()}

    assert REASONS.keys() == set(Group)
    assert stated <= set(Reason)
    assert {reason for reason in stated if Reason(reason) in ALLOWING_REASONS} == ALLOWING


def test_the_run_of_harbor_shows_eighteen_reasons() -> None:
    assert len(count_expected()) == 18


def test_the_counts_are_those_of_the_members() -> None:
    reasons = Counter(expected_reason(member.person, NORTHWIND) for member in list_audience(NORTHWIND))

    assert count_expected(NORTHWIND) == reasons


def test_the_answers_do_not_know_the_engine() -> None:
    folder = Path(config.demo.__path__[0])
    modules = ("draws", "groups", "phones", "people", "purchases", "acts", "rows", "audience", "expected")
    for module in modules:
        tree = ast.parse((folder / f"{module}.py").read_text(encoding="utf-8"))
        imported = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        imported += [
            name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names
        ]
        assert not any(name.startswith("activation") for name in imported)
