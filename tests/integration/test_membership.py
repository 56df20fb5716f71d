"""Whom a destination holds, as a run, a stream or a follower sees it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from activation.destinations.services import connect_destination
from activation.enforcement.membership import queries, services
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.types import Member, SegmentState
from consent.subjects.types import IdentifierKind, SubjectRef
from tests.deaths.home import at_home
from tests.delivery_world import Recipient, connected, ref_of, run_while, withdraw
from tests.enforcement_world import BRITON, GERMAN, JAN_1, JUNE_1, make_world, run, write_csv

pytestmark = pytest.mark.django_db
EMAIL, CUSTOMER = IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_ID


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a folder with the shop's audience."""
    make_world()
    write_csv(tmp_path)
    with at_home(tmp_path / "x"):
        yield tmp_path


def test_a_run_keeps_whom_it_sends_by_what_they_are_called_there(folder: Path) -> None:
    run(folder)

    held = queries.list_held([ref_of(GERMAN), ref_of(BRITON), SubjectRef("nobody")])

    assert {one.found_by for one in held} == {ref_of(GERMAN), ref_of(BRITON)}
    [german] = [one for one in held if one.found_by == ref_of(GERMAN)]
    assert german.member.identifiers[CUSTOMER] == (GERMAN,)
    assert set(german.member.identifiers) >= {CUSTOMER, IdentifierKind.EMAIL_SHA256}
    assert not german.is_sending
    assert (german.holding.destination, german.holding.audience) == ("ads", "out")
