"""A no that is told behind a string's later yes stands, by whatever way it comes in."""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from activation.desk.person.timeline import _tell_choice
from consent.portal.embed import recording as embed
from consent.portal.embed.types import EmbeddedSite, Statement
from consent.records import services
from consent.records.models import ConsentRecord, CurrentChoice
from consent.records.queries import find_untold_records, list_records_from
from consent.records.services import record_rows
from consent.records.signals import desk, restating
from consent.records.signals.desk import SignalDesk
from consent.records.signals.known import Known, find_granted_by_strings
from consent.records.types import Choice, Collected, NewChoice, NewRow, Recorded, SignalKind
from consent.subjects.models import Subject
from consent.subjects.types import Identifier, IdentifierKind
from tests import arrival_world
from tests.arrival_world import MONDAY, ROWS, list_orders, list_worlds, tell_one_by_one
from tests.integration.test_consents_api import ShopKey
from tests.ledger_world import sequence_all
from tests.signals_world import (
    ADS,
    AUDIENCE,
    DAY,
    EVERYTHING,
    NEWS,
    NOON,
    PERSON,
    choose,
    make_body,
    make_tc,
    publish_policy,
    read,
    say,
    signals,
)

pytestmark = [pytest.mark.django_db, pytest.mark.urls("consent.records.api.urls")]
BEFORE, STRING_AT, LATE = NOON - DAY, NOON, NOON + 2 * timedelta(hours=1)
MIDNIGHT = NOON.replace(hour=0)
Patch = pytest.MonkeyPatch


@pytest.fixture(autouse=True)
def clock(db: None, monkeypatch: Patch) -> list[datetime]:
    """Stop the ledger's clock at what the list holds, and put the policy in force."""
    publish_policy()
    now = [NOON]
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: now[0])
    monkeypatch.setattr("django.utils.timezone.now", lambda: now[0])
    return now


def say_at(clock: list[datetime], at: datetime, **changes: Any) -> Recorded:
    clock[0] = at
    return say(at=at, **changes)


def hear_string(clock: list[datetime], *, of: list[dict[str, str]] = PERSON) -> None:
    """Record a string that grants everything."""
    say_at(clock, STRING_AT, identifiers=of, signals=signals(tcf=make_tc(*EVERYTHING, made_at=STRING_AT)))


def in_force(purpose: str) -> str:
    [choice] = CurrentChoice.objects.filter(purpose=purpose).values_list("choice", flat=True)
    return choice


def list_dated() -> list[tuple[str, str, datetime]]:
    """Return purpose, choice and time of all records, in the order they were written."""
    rows = ConsentRecord.objects.order_by("subject", "version")
    return list(rows.values_list("purpose", "choice", "effective_at"))


# The ways in which a no of the person's own comes in.


def tell_by_request(choice: dict[str, Any], at: datetime) -> None:
    client = APIClient()
    client.force_authenticate(ShopKey(scopes=frozenset({"consents:write"})))  # type: ignore[arg-type]
    body = json.dumps({"identifiers": PERSON, "choices": [choice]}).encode()
    answer = client.post("/consents", body, content_type="application/json")
    assert answer.status_code == 201, answer.content


def tell_by_file(choice: dict[str, Any], at: datetime) -> None:
    line = json.dumps({"identifiers": PERSON, "choices": [choice]}).encode()
    other = json.dumps({"identifiers": [{"kind": "customer_id", "value": "7"}], "choices": [choice]}).encode()
    digest = hashlib.sha256(line).hexdigest()
    report = services.import_rows(lines=[other, line], digest=digest, source="letters.ndjson", at=at)
    assert report.accepted == 2


def tell_by_page(choice: dict[str, Any], at: datetime) -> None:
    """Tell it as `consent.js` does, which was offline meanwhile."""
    site = EmbeddedSite(
        slug="shop",
        key="k",
        controller="acme",
        notice="privacy",
        origins=(),
        categories={"ads": (ADS, AUDIENCE)},
        signals={},
    )
    said_at = datetime.fromisoformat(choice["effective_at"])
    statement = Statement(device=_DEVICE, choices={ADS: False}, said_at=said_at, notice="privacy")
    assert len(embed.record(statement, site=site, at=at)) == 2


def tell_by_row(choice: dict[str, Any], at: datetime) -> None:
    """Tell it as the desk, the portal and requests do, which make rows themselves."""
    made = NewChoice(
        purpose=ADS,
        choice=Choice.OBJECTED,
        effective_at=datetime.fromisoformat(choice["effective_at"]),
        method="letter",
    )
    row = NewRow((Identifier(IdentifierKind.CUSTOMER_ID, "00001"),), (made,), ())
    [outcome] = record_rows(rows=[row], source="desk", at=at)
    assert isinstance(outcome, Recorded)


_DEVICE = "acd_" + "0a" * 16
WAYS: dict[str, Callable[[dict[str, Any], datetime], None]] = {
    "a request": tell_by_request,
    "a file": tell_by_file,
    "a page": tell_by_page,
    "a row": tell_by_row,
}


def check_way(way: str, clock: list[datetime]) -> None:
    whole = [*PERSON, {"kind": "cookie_id", "value": _DEVICE}] if way == "a page" else PERSON
    hear_string(clock, of=whole)
    assert in_force(ADS) == "granted"
    clock[0] = LATE

    WAYS[way](choose(ADS, "refused", BEFORE), LATE)

    [person] = CurrentChoice.objects.filter(purpose=AUDIENCE).values_list("subject", flat=True)
    of_them = CurrentChoice.objects.filter(subject=person)
    last = of_them.filter(purpose=ADS).order_by("-effective_at").first()
    assert last is not None
    assert Choice(last.choice) in {Choice.REFUSED, Choice.OBJECTED, Choice.WITHDRAWN}
    assert (last.controller, last.effective_at) == ("acme", MIDNIGHT)
    assert of_them.get(purpose=AUDIENCE).choice == "granted"


@pytest.mark.parametrize("way", WAYS)
def test_a_no_of_the_persons_own_that_is_told_late_stands_by_whatever_way_it_comes(
    way: str, clock: list[datetime]
) -> None:
    check_way(way, clock)


def test_what_is_said_once_more_is_evidence_like_any_record(clock: list[datetime]) -> None:
    hear_string(clock)

    told = say_at(clock, LATE, facts=[], choices=[choose(ADS, "refused", BEFORE, method="letter")])

    no, again = (ConsentRecord.objects.get(pk=one) for one in told.record_ids)
    assert (no.effective_at, again.effective_at) == (BEFORE, MIDNIGHT)
    assert (again.refers_to, again.method, again.back_dated) == (no.record_id, "letter", True)
    assert told.version == again.version == Subject.objects.get().version
    latest, _ = list_records_from(refs=[told.subject_ref], limit=2)
    assert (latest.record.record_id, latest.repeats) == (again.record_id, no.record_id)
    assert "said once more" in _tell_choice(latest).words
    sequence_all()
    call_command("rebuild_choices", check=True)
    assert not list(find_untold_records())


def check_links(clock: list[datetime]) -> None:
    """The no is told of one subject, the string's yes is another's, and a link joins them."""
    customer, email = [PERSON[0]], [PERSON[1]]
    say_at(clock, NOON - 9 * DAY, identifiers=customer)
    say_at(clock, NOON - 9 * DAY, identifiers=email)
    say_at(clock, NOON - 8 * DAY, identifiers=PERSON)
    assert Subject.objects.count() == 2
    hear_string(clock, of=customer)

    told = say_at(clock, LATE, identifiers=email, facts=[], choices=[choose(ADS, "refused", BEFORE)])

    again = ConsentRecord.objects.get(pk=told.record_ids[-1])
    assert (again.subject_id, again.effective_at) == (told.subject_ref, MIDNIGHT)


def test_a_no_of_a_linked_subject_stands_too(clock: list[datetime]) -> None:
    check_links(clock)


def test_a_no_to_everything_is_said_once_more_of_the_strings_purposes_alone(clock: list[datetime]) -> None:
    hear_string(clock)
    say_at(clock, STRING_AT + DAY, facts=[], choices=[choose(NEWS, "granted", STRING_AT + DAY)])

    say_at(clock, NOON + 2 * DAY, facts=[], choices=[choose("*", "withdrawn", BEFORE, controller=None)])

    assert (in_force(ADS), in_force(AUDIENCE), in_force(NEWS)) == ("withdrawn", "withdrawn", "granted")


def hear_page(at: datetime) -> Recorded:
    """Record the browser's signal as a page of ours heard it at `at`."""
    signal = NewChoice(
        purpose="*", choice=Choice.SIGNAL, effective_at=at, controller="acme", method="gpc", by=SignalKind.GPC
    )
    row = NewRow(
        (Identifier(IdentifierKind.CUSTOMER_ID, "00001"),),
        (signal,),
        (),
        signals=services.hear_gpc("acme", came_as="script", at=at),
    )
    [outcome] = record_rows(rows=[row], source="page", at=LATE)
    assert isinstance(outcome, Recorded)
    return outcome


def test_a_browsers_signal_that_a_page_tells_late_stands_for_what_opt_outs_speak_to(
    clock: list[datetime],
) -> None:
    hear_string(clock)
    clock[0] = LATE

    outcome = hear_page(BEFORE)

    assert (in_force(ADS), in_force(AUDIENCE)) == ("opt_out_signal", "granted")
    again = ConsentRecord.objects.get(pk=outcome.record_ids[-1])
    assert again.refers_to == outcome.signals[0].event_id


def test_a_signal_told_late_stands_though_the_mapping_cannot_be_read(
    clock: list[datetime], settings: Any, tmp_path: Path
) -> None:
    hear_string(clock)
    clock[0] = LATE
    settings.SIGNAL_MAPPING = tmp_path / "there-is-no-such-file.json"

    hear_page(BEFORE)

    assert (in_force(ADS), in_force(AUDIENCE)) == ("opt_out_signal", "opt_out_signal")


def test_what_the_person_lifted_before_the_string_is_not_said_once_more(clock: list[datetime]) -> None:
    say_at(clock, BEFORE, facts=[], choices=[choose(ADS, "granted", BEFORE)])
    hear_string(clock)

    told = say_at(clock, LATE, facts=[], choices=[choose(ADS, "refused", BEFORE - DAY)])

    assert len(told.record_ids) == 1
    assert in_force(ADS) == "granted"


# The recorder in memory, by which every small world is tried, does what the real one does.

SAMPLE = [
    order
    for world in list_worlds(("own no", "own no to everything", "own yes", "string's yes", "GPC"))
    if len(world) == 3
    for order in list_orders(world)
][::37]


@pytest.mark.parametrize("order", SAMPLE, ids=lambda order: ", ".join(map(repr, order)))
def test_the_recorder_in_memory_writes_what_the_real_one_writes(
    order: Sequence[arrival_world.Statement], clock: list[datetime], monkeypatch: Patch
) -> None:
    monkeypatch.setattr(desk, "get_mapping", lambda **_: arrival_world.get_mapping())
    in_memory, told = tell_one_by_one(order)
    say_at(clock, MONDAY - 30 * DAY, identifiers=PERSON[:1])
    for statement, at in told:
        clock[0] = at
        person = (Identifier(IdentifierKind.CUSTOMER_ID, "00001"),)
        row = ROWS[statement.kind](statement.said_at)
        record_rows(rows=[NewRow(person, row.choices, (), signals=row.signals)], source="test", at=at)

    assert list_dated() == [(one.purpose, one.choice.value, one.effective_at) for one in in_memory.records]


# What it costs.


def _count(rows: Sequence[NewRow], at: datetime) -> int:
    with CaptureQueriesContext(connection) as captured:
        record_rows(rows=rows, source="test", at=at)
    return len(captured)


def _tell(person: int, choice: str, moment: datetime, purpose: str = ADS) -> NewRow:
    identifiers = [{"kind": "customer_id", "value": str(person)}]
    choices = [choose(purpose, choice, moment)]
    return read(make_body(identifiers=identifiers, facts=[], choices=choices), at=LATE)


def test_one_statement_looks_for_strings_and_none_for_new_people_or_a_yes(clock: list[datetime]) -> None:
    clock[0] = LATE

    def count(purpose: str, first: int, people: int, choice: str = "refused") -> int:
        rows = [_tell(first + one, choice, BEFORE, purpose) for one in range(people)]
        return _count(rows, LATE)

    new, known = (
        (count(one, 0, 1), count(one, 100, 50), count(one, 200, 1, "granted")) for one in (NEWS, ADS)
    )

    assert len(set(new)) == 1
    assert known[0] == known[1] == known[2] + 1


def test_statements_do_not_grow_with_the_people_who_have_strings(clock: list[datetime]) -> None:
    body = {"signals": signals(tcf=make_tc(*EVERYTHING, made_at=STRING_AT))}
    people = [[{"kind": "customer_id", "value": str(number)}] for number in range(41)]
    record_rows(
        rows=[read(make_body(identifiers=one, **body)) for one in people], source="test", at=STRING_AT
    )
    clock[0] = LATE

    one = _count([_tell(0, "refused", BEFORE)], LATE)
    many = _count([_tell(number, "refused", BEFORE) for number in range(1, 41)], LATE)

    assert one == many
    assert CurrentChoice.objects.filter(purpose=ADS, choice="refused").count() == 41


# What an officer found invalid had let a string's yes through.


def invalidate(form: str = "checkout") -> None:
    run = services.start_invalidation(
        criteria=Collected(form=form), officer_id=None, reason="the box was ticked", expected_count=1, at=LATE
    )
    while not services.continue_invalidation(run_id=run, at=LATE).finished:
        pass


def check_invalidation(clock: list[datetime]) -> None:
    say_at(clock, BEFORE - DAY, choices=[choose(ADS, "refused", BEFORE - DAY, method="letter")])
    say_at(clock, BEFORE, facts=[], choices=[choose(ADS, "granted", BEFORE, form="checkout")])
    hear_string(clock)
    assert in_force(ADS) == "granted"
    clock[0] = LATE

    invalidate()

    assert (in_force(ADS), in_force(AUDIENCE)) == ("refused", "granted")
    again = ConsentRecord.objects.order_by("-version")[0]
    assert again.effective_at == MIDNIGHT
    assert again.source.startswith("invalidation:")


def test_an_invalidated_yes_leaves_no_strings_yes_that_it_had_let_through(clock: list[datetime]) -> None:
    check_invalidation(clock)


def test_an_invalidated_yes_that_let_nothing_through_leaves_the_strings_yes(clock: list[datetime]) -> None:
    say_at(clock, BEFORE, choices=[choose(ADS, "granted", BEFORE, form="checkout")])
    hear_string(clock)
    written = len(list_dated())
    clock[0] = LATE

    invalidate()

    assert len(list_dated()) == written + 1
    assert in_force(ADS) == "granted"


def test_a_signal_that_an_invalidated_yes_had_lifted_stays_a_signal(clock: list[datetime]) -> None:
    opted_out = say_at(clock, BEFORE - DAY, signals=signals(usp="1YYN"))
    say_at(clock, BEFORE, facts=[], choices=[choose(ADS, "granted", BEFORE, form="checkout")])
    hear_string(clock)
    clock[0] = LATE

    invalidate()

    assert in_force(ADS) == "opted_out"
    again = ConsentRecord.objects.order_by("-version")[0]
    assert (again.refers_to, again.method) == (opted_out.signals[0].event_id, "usp")


# Mistakes, planted.


def look_in_requests_alone(patch: Patch) -> None:
    whole = SignalDesk.look_up

    def look_up(one: SignalDesk, pairs: Any, **given: Any) -> None:
        whole(one, pairs, **(given if len(pairs) == 1 else {"on_record": ()}))

    patch.setattr(SignalDesk, "look_up", look_up)


def look_at_noes_told_in_time(patch: Patch) -> None:
    whole = find_granted_by_strings
    patch.setattr(desk, "find_granted_by_strings", lambda refs, **_: whole(refs, after=LATE))


def look_at_one_subject_alone(patch: Patch) -> None:
    patch.setattr(Known, "members", lambda _, refs: frozenset(refs))


def look_at_signals_alone(patch: Patch) -> None:
    patch.setattr(desk, "find_granted_by_strings", lambda *_, **__: set())


def leave_the_yes_when_invalidating(patch: Patch) -> None:
    patch.setattr("consent.records.invalidation.find_granted_by_strings", lambda *_: set())


def take_the_invalid_yes_for_good(patch: Patch) -> None:
    patch.setattr(
        "consent.records.invalidation.list_kept_out",
        lambda no, records, **given: restating.list_kept_out(
            no, [one for one in records if one.choice is not Choice.INVALIDATED], **given
        ),
    )


MUTANTS: dict[Callable[[Patch], None], Callable[[list[datetime]], None]] = {
    look_in_requests_alone: lambda clock: check_way("a file", clock),
    look_at_noes_told_in_time: lambda clock: check_way("a request", clock),
    look_at_one_subject_alone: check_links,
    look_at_signals_alone: lambda clock: check_way("a row", clock),
    leave_the_yes_when_invalidating: check_invalidation,
    take_the_invalid_yes_for_good: check_invalidation,
}


@pytest.mark.parametrize("mutant", [pytest.param(one, id=one.__name__) for one in MUTANTS])
def test_a_planted_mistake_is_seen(
    mutant: Callable[[Patch], None], clock: list[datetime], monkeypatch: Patch
) -> None:
    mutant(monkeypatch)

    with pytest.raises(AssertionError):
        MUTANTS[mutant](clock)
