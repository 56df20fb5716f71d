"""Which entries go out, as what, in which order. Pure."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest

from activation.changes.messages import SubscriptionTested, write_message
from activation.changes.rules import advance, id_of, in_lanes, is_wanted, read_change
from activation.changes.types import Change
from config.launch.changes_reference import changes_schema
from consent.ledger.rules import seal_entry
from consent.ledger.types import LedgerEntry, NewEntry, Stream
from consent.records.events import tell_choice
from consent.records.types import Choice, ChoiceRecord, NewChoice
from consent.subjects.events import tell_erasure, tell_link, tell_unlink
from consent.subjects.types import Link, SubjectRef

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
LEFT, RIGHT = SubjectRef("sub_left"), SubjectRef("sub_right")


def entry_of(entry: NewEntry, *, index: int = 7) -> LedgerEntry:
    return LedgerEntry(
        index=index,
        stream=Stream.CONSENT,
        kind=entry.kind,
        event_id=entry.event_id,
        recorded_at=AT,
        subject_ref=entry.subject_ref,
        subject_version=entry.subject_version,
        envelope=seal_entry(entry, stream=Stream.CONSENT, recorded_at=AT).content,
        leaf_hash=b"\x00" * 32,
    )


def choice_event(choice: Choice) -> NewEntry:
    named: dict[str, Any] = {"purpose": "marketing.email", "choice": choice, "effective_at": AT}
    record = ChoiceRecord(record_id="rec_1", subject_ref=LEFT, version=3, recorded_at=AT, **named)
    claim = NewChoice(method="planted-method", form="planted-form", **named)
    return tell_choice(record, claim, source="planted-source")


EVENTS = [
    *map(choice_event, Choice),
    tell_link(Link(left=LEFT, right=RIGHT, linked_at=AT, recorded_at=AT), version=4, provenance="planted-p"),
    tell_unlink(left=LEFT, right=RIGHT, unlinked_at=AT, provenance="planted-p", version=5),
    tell_erasure(ref=LEFT, version=6, erased_at=AT, requested_by="planted-by"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.kind}")
def test_what_goes_out_fits_the_published_schema_and_tells_nothing_else(event: NewEntry) -> None:
    change = read_change(entry_of(event))

    assert change is not None
    jsonschema.validate(json.loads(change.body), changes_schema(), cls=jsonschema.Draft202012Validator)
    assert b"planted" not in change.body
    assert json.loads(change.body)["data"]["index"] == change.index == 7


def test_an_entry_whose_content_is_gone_says_so() -> None:
    pruned = replace(entry_of(EVENTS[0]), envelope=b"")

    change = read_change(pruned)

    assert change is not None
    told = json.loads(change.body)
    jsonschema.validate(told, changes_schema())
    assert (told["type"], told["data"]["kind"]) == ("consent.content_pruned", "choice_recorded")
    assert change.purpose is None  # which it was nobody knows any more: everybody is told


def test_a_test_message_fits_the_schema_and_an_odd_one_does_not() -> None:
    body = json.loads(
        write_message("subscription.tested", "2026-06-01T12:00:00Z", SubscriptionTested(subscription="crm"))
    )

    jsonschema.validate(body, changes_schema())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**body, "type": "consent.odd"}, changes_schema())


@pytest.mark.parametrize("kind", ["identifier_recorded", "identifier_verified", "fact_recorded"])
def test_what_is_no_consent_change_stays(kind: str) -> None:
    assert read_change(entry_of(NewEntry(kind, {}, LEFT, 1))) is None


@pytest.mark.parametrize(
    ("purpose", "purposes", "wanted"),
    [
        ("marketing.email", [], True),
        ("marketing.email", ["marketing.email"], True),
        ("marketing", ["marketing.email"], True),
        ("marketing.email.news", ["marketing.email"], True),
        ("*", ["marketing.email"], True),
        ("analytics", ["*"], True),
        (None, ["marketing.email"], True),
        ("marketing.emails", ["marketing.email"], False),
        ("marketing.phone", ["marketing.email"], False),
        ("analytics", ["marketing", "analysis"], False),
    ],
)
def test_a_choice_goes_to_whom_it_may_bear_on(purpose: str | None, purposes: list[str], wanted: bool) -> None:
    assert is_wanted(purpose, purposes) is wanted


def change(index: int, *subjects: str) -> Change:
    return Change(
        index=index, event_id=f"e{index}", type="t", subjects=frozenset(subjects), purpose=None, body=b""
    )


def test_lanes_keep_every_subject_in_order_and_in_one_lane() -> None:
    changes = [
        change(1, "a"),
        change(2, "b"),
        change(3, "c"),
        change(4, "a", "b"),
        change(5, "c"),
        change(6, "b"),
        change(7, "d", "c"),
        change(8, "a"),
    ]

    lanes = [[one.index for one in lane] for lane in in_lanes(changes)]

    assert lanes == [[1, 2, 4, 6, 8], [3, 5, 7]]


@pytest.mark.parametrize(
    ("indexes", "done", "expected"),
    [
        ([], set(), (10, [])),
        ([3, 5, 7], {3, 5, 7}, (10, [])),
        ([3, 5, 7], set(), (3, [])),
        ([3, 5, 7], {3, 7}, (5, [7])),
        ([3, 5, 7], {5, 7}, (3, [5, 7])),
        ([3, 5, 7], {3, 4}, (5, [])),
    ],
)
def test_a_position_passes_only_what_is_done(
    indexes: list[int], done: set[int], expected: tuple[int, list[int]]
) -> None:
    assert advance(indexes, done=done, end=10) == expected


def test_an_id_is_of_the_subscription_and_the_event() -> None:
    assert id_of("crm", "rec_1") == "crm_rec_1"
