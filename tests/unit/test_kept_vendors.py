"""An answer that is kept says which vendor its destination was, so that a replay owes the same."""

from datetime import UTC, datetime

import pytest

from activation.checks.kept import read_basis, register_of, write_basis
from activation.decisions.register import RegisteredDestination, TcfTerms, owed_to
from activation.decisions.types import SubjectState
from activation.enforcement.membership.world import world_digest
from tests.unit.test_warehouse_policies import make_policy

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = RegisteredDestination("ads", "ad_platform", JAN_1)
VENDOR = RegisteredDestination("ads", "ad_platform", JAN_1, tcf=TcfTerms(755, (1, 3)))


@pytest.mark.parametrize("entry", [PLAIN, VENDOR], ids=["no vendor", "a vendor"])
def test_what_is_kept_of_a_destination_is_read_back(entry: RegisteredDestination) -> None:
    kept = register_of(read_basis(write_basis(SubjectState(), entry)))

    assert kept == {"ads": entry}
    assert owed_to(kept, "ads") == owed_to({"ads": entry}, "ads")


def test_what_was_kept_before_there_were_vendors_is_read_as_it_was() -> None:
    assert "tcf" not in write_basis(SubjectState(), PLAIN)


def test_whoever_is_held_is_decided_again_when_a_destination_is_another_vendor() -> None:
    policy = make_policy(ads=((),))
    other = RegisteredDestination("ads", "ad_platform", JAN_1, tcf=TcfTerms(755, (1,)))

    assert len({world_digest(policy, {"ads": one}) for one in (PLAIN, VENDOR, other)}) == 3
