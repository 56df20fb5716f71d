"""What a pruning announces is read strictly, and followed leaf by leaf."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consent.ledger.announcements import MalformedAnnouncement, announce, read_announcement
from consent.ledger.types import KeptLeaf, Stream

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)


def make_leaf(index: int, **changes: Any) -> KeptLeaf:
    values: dict[str, Any] = {
        "index": index,
        "stream": Stream.AUDIT,
        "kind": "told",
        "event_id": f"evt_{index}",
        "recorded_at": JAN_1,
        "subject_ref": None,
        "subject_version": None,
        "leaf_hash": bytes([index]) * 32,
    }
    return KeptLeaf(**(values | changes))


LEAVES = [make_leaf(index) for index in (1, 2, 3, 5, 9)]
BODY = announce(Stream.AUDIT, JAN_1 + timedelta(days=1), LEAVES)


def test_neighbours_are_one_range() -> None:
    assert BODY["leaves"] == [[1, 3], [5, 5], [9, 9]]


@pytest.mark.parametrize("step", [1, 2, 3, 10])
def test_announced_leaves_are_taken_in_pieces(step: int) -> None:
    announcement = read_announcement(BODY, told_at=10)

    taken = [index for end in range(step, 10 + step, step) for index in announcement.indexes_until(end)]

    assert taken == [1, 2, 3, 5, 9]
    by_index = {leaf.index: leaf for leaf in LEAVES}
    assert [announcement.covers(by_index[index]) for index in taken] == [True] * 5
    assert announcement.is_kept()


@pytest.mark.parametrize(
    "changes",
    [
        {"stream": Stream.INCIDENTS},
        {"kind": "told "},
        {"event_id": "evt_2x"},
        {"recorded_at": JAN_1 + timedelta(microseconds=1)},
        {"subject_ref": "sub_a"},
        {"subject_version": 1},
        {"leaf_hash": b"\x00" * 32},
        {"kind": "told 5:evt_2", "event_id": ""},
    ],
    ids=str,
)
def test_a_leaf_that_was_changed_does_not_fit(changes: dict[str, Any]) -> None:
    announcement = read_announcement(BODY, told_at=10)

    for leaf in LEAVES:
        announcement.covers(make_leaf(2, **changes) if leaf.index == 2 else leaf)

    assert not announcement.is_kept()


@pytest.mark.parametrize(
    "changes",
    [
        {"leaves": [[1, 3], [3, 5]]},
        {"leaves": [[5, 5], [1, 3]]},
        {"leaves": [[3, 1]]},
        {"leaves": [[-1, 3]]},
        {"leaves": [[1, 10]]},
        {"leaves": [[1, 2, 3]]},
        {"leaves": [[1, 2.5]]},
        {"leaves": [[1, 2**63]]},
        {"leaves": None},
        {"stream": "other"},
        {"before": "yesterday"},
        {"before": None},
    ],
    ids=str,
)
def test_what_cannot_be_followed_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MalformedAnnouncement):
        read_announcement(BODY | changes, told_at=10)


@pytest.mark.parametrize("name", ["leaves", "stream", "before", "count", "digest"])
def test_an_announcement_lacks_nothing(name: str) -> None:
    with pytest.raises(MalformedAnnouncement):
        read_announcement({key: value for key, value in BODY.items() if key != name}, told_at=10)
