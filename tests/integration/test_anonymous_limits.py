"""Visitors whom nobody knows are held to limits, by keyed hashes that say nothing about them."""

from datetime import UTC, datetime, timedelta

import pytest

from consent.network.visitors import read_network
from consent.requests.limits.counting import forget_uses, spend
from consent.requests.limits.rules import Limit, TooMany
from consent.requests.models import AnonymousUse

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
LIMIT = Limit(name="test", most=2, span=HOUR)


@pytest.mark.django_db
def test_what_was_done_too_often_is_refused_until_its_span_is_over() -> None:
    for _ in range(2):
        spend(LIMIT, "mira@example.org", at=NOON)
    for _ in range(2):
        with pytest.raises(TooMany):
            spend(LIMIT, "mira@example.org", at=NOON + HOUR - timedelta(seconds=1))

    spend(LIMIT, "alice@example.org", at=NOON)
    spend(Limit(name="other", most=2, span=HOUR), "mira@example.org", at=NOON)
    spend(LIMIT, "mira@example.org", at=NOON + HOUR)
    assert "example" not in str(AnonymousUse.objects.values())


@pytest.mark.django_db
def test_old_visits_are_forgotten() -> None:
    spend(LIMIT, "a", at=NOON)
    spend(LIMIT, "a", at=NOON + timedelta(days=3))

    assert forget_uses(at=NOON + timedelta(days=3)) == 1
    assert AnonymousUse.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("'; drop", "unknown"),
    ],
)
def test_a_visitor_is_counted_under_their_network(address: str, network: str) -> None:
    assert read_network(address) == network
