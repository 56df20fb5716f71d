"""A new key of the index: nobody is lost, nobody is made twice, and the old rows go."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from consent.keys import services as keys
from consent.subjects import queries, services
from consent.subjects.models import IdentifierIndex, Subject
from consent.subjects.types import Identifier, IdentifierKind
from tests.records_world import JUNE_1
from tests.subjects_world import attach, cookie, customer, email

pytestmark = pytest.mark.django_db

FIRST, SECOND = b"\x11" * 32, b"\x22" * 32
ANN, ADDRESS, BEN = customer("1"), email("ann", verified=True), customer("2")
HASHED = Identifier(IdentifierKind.PHONE_SHA256, "cd" * 32)
EVERYBODY = [[ANN], [ADDRESS], [BEN], [HASHED]]


def versions() -> list[int]:
    return sorted(IdentifierIndex.objects.values_list("key_version", flat=True))


def test_who_was_recorded_under_the_old_key_is_found_while_there_are_two(settings: Settings) -> None:
    [(ann,)] = attach([ANN])

    settings.IDENTIFIER_KEYS = {1: FIRST, 2: SECOND}

    assert queries.find_subjects([[ANN]]) == [{ann}]
    assert attach([ANN, BEN]) == [(ann,)]
    assert versions() == [1, 1, 2]


@pytest.mark.parametrize("first", [{1: FIRST}, {1: FIRST, 2: SECOND}], ids=["old", "new"])
@pytest.mark.parametrize("second", [{1: FIRST}, {1: FIRST, 2: SECOND}], ids=["old", "new"])
def test_writers_who_know_different_versions_make_one_subject(
    settings: Settings, first: dict[int, bytes], second: dict[int, bytes]
) -> None:
    settings.IDENTIFIER_KEYS = first
    [(one,)] = attach([ANN, ADDRESS])
    settings.IDENTIFIER_KEYS = second

    assert attach([ADDRESS, ANN]) == [(one,)]
    assert Subject.objects.count() == 1


def test_a_rotation_brings_everybody_to_the_new_key_and_removes_the_old_rows(
    settings: Settings,
) -> None:
    attach([ANN, ADDRESS], [BEN, HASHED])
    before = queries.find_subjects(EVERYBODY)
    settings.IDENTIFIER_KEYS = {1: FIRST, 2: SECOND}

    assert services.rotate_identifier_index() == services.Rotation(added=4, removed=0)
    assert versions() == [1] * 4 + [2] * 4
    settings.IDENTIFIER_KEYS = {2: SECOND}
    assert queries.find_subjects(EVERYBODY) == before
    assert services.rotate_identifier_index() == services.Rotation(added=0, removed=4)

    assert versions() == [2] * 4
    assert queries.find_subjects(EVERYBODY) == before
    assert {one.kind for one in IdentifierIndex.objects.filter(verified=True)} == {"customer_id", "email"}


def test_a_rotation_that_was_stopped_goes_on_where_it_was(settings: Settings) -> None:
    attach(*([cookie(str(number))] for number in range(7)))
    settings.IDENTIFIER_KEYS = {1: FIRST, 2: SECOND}

    def stop(done: int, total: int) -> None:
        assert total == 7
        if done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        services.rotate_identifier_index(batch=2, progress=stop)
    assert versions() == [1] * 7 + [2] * 4
    told: list[tuple[int, int]] = []

    services.rotate_identifier_index(batch=2, progress=lambda *done: told.append(done))

    assert told == [(2, 3), (3, 3)]
    assert versions() == [1] * 7 + [2] * 7


def test_an_old_row_stays_until_its_identifier_has_a_new_one(settings: Settings) -> None:
    """The old key was taken away before the rotation: what it made must not go with it."""
    attach([ANN])
    [index] = IdentifierIndex.objects.all()
    settings.IDENTIFIER_KEYS = {2: SECOND}
    keys.destroy_keys([index.subject_id])

    with pytest.raises(CommandError, match="what is done stays done"):
        call_command("rotate_identifier_index", stderr=io.StringIO())

    assert versions() == [1]


def test_an_old_row_that_a_late_writer_adds_stays_for_the_next_rotation(settings: Settings) -> None:
    [(ann,)] = attach([ANN])
    settings.IDENTIFIER_KEYS = {2: SECOND}

    def add_late(*_: int) -> None:
        IdentifierIndex.objects.create(
            kind="cookie_id",
            blind_index=bytes(32),
            key_version=1,
            subject_id=ann,
            event_id="a",  # comes before all that the rotation looks at
            verified=False,
        )

    assert services.rotate_identifier_index(progress=add_late) == services.Rotation(added=1, removed=1)

    assert sorted(IdentifierIndex.objects.values_list("event_id", "key_version"))[0] == ("a", 1)


def test_an_erased_person_is_not_brought_back_by_a_rotation(settings: Settings) -> None:
    [(ann,)] = attach([ANN])
    services.erase_subject(ref=ann, requested_by="request:1", at=JUNE_1)
    settings.IDENTIFIER_KEYS = {1: FIRST, 2: SECOND}

    assert services.rotate_identifier_index() == services.Rotation(0, 0)

    assert not IdentifierIndex.objects.exists()
    assert queries.find_subjects([[ANN]]) == [{ann}]


def test_the_command_tells_its_progress(settings: Settings, capsys: Any) -> None:
    attach([ANN], [BEN])
    settings.IDENTIFIER_KEYS = {1: FIRST, 2: SECOND}

    call_command("rotate_identifier_index", batch=1)

    told = capsys.readouterr()
    assert "2 identifiers added, 0 outdated rows removed" in told.out
    assert "1 of 2 identifiers" in told.err
