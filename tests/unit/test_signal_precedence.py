"""What wins among signals and choices on record: every small world, and the mistakes that would be worst."""

import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from consent.records.types import NO, YES, Choice
from consent.signals.mapping import hearing, opt_outs, resolving, standing
from consent.signals.mapping import types as mapping_types
from consent.signals.mapping.frameworks import Heard
from consent.signals.mapping.standing import Record
from consent.signals.mapping.types import Outcome, Resolution, Standing, Word
from tests.signal_worlds import (
    BARRED,
    CALIFORNIA,
    DAY,
    GERMANY,
    MAPPING,
    NOON,
    PURPOSE,
    SOMEWHERE,
    STRING_DAY,
    World,
    list_worlds,
)


def ask(world: World) -> Resolution:
    return resolving.resolve(MAPPING, world.received, world.where, world.standing, NOON)


def grants(world: World) -> set[str]:
    return {one.purpose for one in ask(world).outcomes if one.is_yes}


def said(world: World) -> set[tuple[str, str, str]]:
    """Return all that the world comes to, whether it is on record or not."""
    told = ask(world)
    return {(one.purpose, str(one.choice), one.source) for one in (*told.outcomes, *told.unchanged)}


def is_lifted(no: Standing, world: World) -> bool:
    own = {"explicit"} | ({"tcf"} if no.source in {"tcf", "gpp:2"} else set())
    return any(
        one.choice == "granted" and one.source in own and one.effective_at > no.effective_at
        for one in world.standing
    )


def expect(world: World) -> set[tuple[str, str, str]]:
    """Return what a world comes to, written down a second time, from the rules as the ADR has them."""
    expected: set[tuple[str, str, str]] = set()
    if world.gpc:
        expected.add(("*", "opt_out_signal", "gpc"))
    if world.sale == 1:
        expected.add((PURPOSE, "opted_out", "gpp:7"))
    if world.tcf == "no":
        expected.add((PURPOSE, "refused", "tcf"))
    if world.tcf != "yes" or expected or world.where is not GERMANY:
        return expected
    noes = [one for one in world.standing if one.choice != "granted"]
    of_others = [one for one in noes if one.source not in {"tcf", "gpp:2"}]
    of_its_own = [one for one in noes if one.source in {"tcf", "gpp:2"}]
    is_free = all(is_lifted(one, world) for one in of_others)
    if is_free and all(one.effective_at < STRING_DAY for one in of_its_own):
        expected.add((PURPOSE, "granted", "tcf"))
    return expected


def check_every_world() -> None:
    for world in list_worlds():
        assert said(world) == expect(world), world


def check_that_more_no_gives_no_new_yes() -> None:
    for world in list_worlds(most=1, where=(GERMANY,)):
        before = grants(world)
        for more in world.with_more_no():
            assert grants(more) <= before, more


def check_law() -> None:
    for where in (CALIFORNIA, SOMEWHERE, BARRED):
        world = World("yes", False, None, (), where)
        assert not said(world)
        assert [one.source for one in ask(world).unread] == ["tcf"]
        assert said(World("no", True, 1, (), where)) == expect(World("no", True, 1, (), where))


def test_every_small_world_comes_to_what_the_rules_say() -> None:
    check_every_world()


def test_one_more_no_never_gives_a_new_yes() -> None:
    check_that_more_no_gives_no_new_yes()


def test_the_law_bars_a_yes_and_never_a_no() -> None:
    check_law()


def test_every_yes_that_is_not_recorded_is_told() -> None:
    for world in list_worlds(where=(GERMANY, CALIFORNIA, SOMEWHERE, BARRED), most=1):
        if world.tcf == "yes" and (PURPOSE, "granted", "tcf") not in said(world):
            told = ask(world)
            lost = [one for one in told.conflicts if (one.heard, one.heard_from) == ("granted", "tcf")]
            assert len(lost) + len(told.unread) == 1
            assert all(one.won == "against" for one in lost)


def test_what_was_recorded_is_unchanged_when_it_comes_again() -> None:
    for world in list_worlds():
        first = ask(world)
        record = [
            Standing(purpose=one.purpose, source=one.source, choice=one.choice, effective_at=one.effective_at)
            for one in first.outcomes
        ]
        again = resolving.resolve(
            MAPPING, world.received, world.where, (*world.standing, *record), NOON + DAY
        )
        assert not again.outcomes, world
        assert not [one for one in again.conflicts if one.won == "heard"], world


def test_the_order_of_the_record_does_not_matter() -> None:
    for world in list_worlds(where=(GERMANY,)):
        turned = World(world.tcf, world.gpc, world.sale, tuple(reversed(world.standing)), world.where)
        assert ask(world) == ask(turned)


def test_the_words_are_those_of_records() -> None:
    assert {str(word) for word in Word} <= {str(choice) for choice in Choice}
    assert {str(choice) for choice in YES} == mapping_types.YES
    assert {str(choice) for choice in NO} == mapping_types.NO


# GPC against an earlier opt-in.


def yes(**fields: Any) -> Standing:
    told: dict[str, Any] = {"source": "explicit", "choice": "granted", "effective_at": NOON - DAY, **fields}
    return Standing(purpose=PURPOSE, **told)


def test_gpc_against_an_earlier_opt_in_is_honoured_and_kept_as_a_conflict() -> None:
    told = ask(World("", True, None, (yes(),), CALIFORNIA))

    [outcome] = told.outcomes
    [conflict] = told.conflicts
    assert (outcome.purpose, outcome.choice, outcome.source) == ("*", Word.SIGNAL, "gpc")
    assert (conflict.purpose, conflict.heard, conflict.against, conflict.won) == (
        PURPOSE,
        "opt_out_signal",
        "granted",
        "heard",
    )


def test_an_opt_in_after_the_notice_of_the_conflict_wins_and_the_signal_is_recorded_once() -> None:
    informed = yes(after_conflict_notice=True)
    first = ask(World("", True, None, (informed,), CALIFORNIA))
    signal = Standing(purpose="*", source="gpc", choice="opt_out_signal", effective_at=NOON)
    earlier = Standing(purpose="*", source="gpc", choice="opt_out_signal", effective_at=NOON - 2 * DAY)

    assert [one.won for one in first.conflicts] == ["against"]
    assert len(first.outcomes) == 1
    for known in (signal, earlier):
        again = ask(World("", True, None, (informed, known), CALIFORNIA))
        assert not again.outcomes
        assert not again.conflicts


def test_a_no_of_the_day_of_an_explicit_yes_is_the_later_one() -> None:
    in_the_afternoon = yes(effective_at=STRING_DAY + timedelta(hours=15))

    told = ask(World("no", False, None, (in_the_afternoon,), GERMANY))

    assert [one.won for one in told.conflicts] == ["heard"]


def test_gpc_is_recorded_again_after_an_opt_in_without_notice() -> None:
    earlier = Standing(purpose="*", source="gpc", choice="opt_out_signal", effective_at=NOON - 2 * DAY)

    told = ask(World("", True, None, (earlier, yes()), CALIFORNIA))

    assert [one.choice for one in told.outcomes] == [Word.SIGNAL]
    assert [one.won for one in told.conflicts] == ["heard"]


def test_gpc_does_not_speak_to_a_purpose_without_opt_outs() -> None:
    other = Standing(purpose="other", source="explicit", choice="granted", effective_at=NOON - DAY)

    assert not ask(World("", True, None, (other,), CALIFORNIA)).conflicts


def test_an_old_no_of_a_string_counts_from_the_end_of_its_day_and_a_later_explicit_yes_wins() -> None:
    told = ask(World("no", False, None, (yes(),), GERMANY))

    [outcome] = told.outcomes
    [conflict] = told.conflicts
    assert STRING_DAY + DAY - timedelta(seconds=1) < outcome.effective_at < STRING_DAY + DAY
    assert (conflict.heard, conflict.against_from, conflict.won) == ("refused", "explicit", "against")


LATE = STRING_DAY - 3 * DAY
"""When a no was said that is told only now."""


def tell_late(*known: Standing, gpc: bool, sale: int | None) -> Resolution:
    received = World("", gpc, sale, (), GERMANY).received
    return resolving.resolve(MAPPING, received, GERMANY, known, LATE)


def check_noes_that_are_told_late() -> None:
    """Check that a string's later yes does not outlive a no that came another way and is told after it."""
    by_a_string = yes(source="tcf", effective_at=STRING_DAY)
    by_the_person = yes(effective_at=STRING_DAY + DAY)
    for gpc, sale in ((True, None), (False, 1), (True, 1)):
        told = tell_late(by_a_string, gpc=gpc, sale=sale)
        assert {one.won for one in told.conflicts} == {"heard"}
        assert len(told.conflicts) == gpc + (sale == 1)
        kept = tell_late(by_a_string, by_the_person, gpc=gpc, sale=sale)
        assert {one.effective_at for one in kept.outcomes} == {LATE}
        assert {one.won for one in kept.conflicts} == {"against"}
        by_both = yes(effective_at=STRING_DAY - DAY)  # the person lifted it before the string came
        kept = tell_late(by_both, by_a_string, gpc=gpc, sale=sale)
        assert {one.won for one in kept.conflicts} == {"against"}


def test_a_no_that_is_told_late_is_heard_against_the_yes_of_a_string() -> None:
    check_noes_that_are_told_late()


# Mistakes, planted: each must be seen by the check that names it.


def _lifts_what_others_said(record: Record, no: Standing, heard: Outcome) -> bool:
    return no.effective_at >= heard.effective_at


def _two_noes_cancel(record: Record, yes: Any) -> Standing | None:
    return record.noes[0] if len(record.noes) == 1 else None


def _ties_go_to_yes(record: Record, no: Standing, heard: Outcome) -> bool:
    if no.family == heard.family:
        return no.effective_at > heard.effective_at
    return not record.is_lifted(no, heard.purpose)


def _any_yes_lifts(record: Record, no: Standing, purpose: str) -> bool:
    return any(one.purpose == purpose and one.effective_at > no.effective_at for one in record.yeses)


def _only_in_the_us(mapping: Any, section: Any, **_: Any) -> Heard:
    return Heard()


MUTANTS: dict[str, tuple[Any, str, Any, Callable[[], None]]] = {
    "a yes lifts another's no": (Record, "_bars", _lifts_what_others_said, check_every_world),
    "two noes cancel each other": (
        Record,
        "find_bar",
        _two_noes_cancel,
        check_that_more_no_gives_no_new_yes,
    ),
    "ties go to yes": (Record, "_bars", _ties_go_to_yes, check_every_world),
    "any yes lifts": (Record, "is_lifted", _any_yes_lifts, check_every_world),
    "a string's yes outlives a no told late": (
        Record,
        "lifts",
        lambda *_: True,
        check_noes_that_are_told_late,
    ),
    "a no told late outlives the person's yes": (
        Record,
        "lifts",
        lambda *_: False,
        check_noes_that_are_told_late,
    ),
    "a no is narrow": (standing, "covers", lambda one, purpose: one == purpose, check_every_world),
    "a section counts at home only": (hearing, "hear_section", _only_in_the_us, check_every_world),
    "did not opt out is an opt-out, opted out none": (opt_outs, "NO", 2, check_every_world),
    "the law is not asked": (hearing, "find_deafness", lambda *_: "", check_law),
    "the families are not known": (mapping_types, "family", lambda source: source, check_every_world),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mistake_is_seen(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where, attribute, mutant, check = MUTANTS[name]
    monkeypatch.setattr(where, attribute, mutant)

    with pytest.raises(AssertionError):
        check()


def test_naming_conflicts_and_choices_loads_no_codec() -> None:
    program = "import sys, consent.signals.mapping.types; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    rooms = {name for name in loaded.stdout.split() if name.startswith("consent")}
    assert rooms == {"consent", "consent.signals", "consent.signals.mapping", "consent.signals.mapping.types"}
