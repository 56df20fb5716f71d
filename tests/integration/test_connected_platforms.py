"""A destination that an officer connected to a service delivers to it, with the sealed credentials."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pytest_django import Settings

from activation.destinations import queries
from activation.destinations.services import connect_destination, register_destination
from activation.destinations.types import DestinationKind
from consent.network.errors import DeliveryRefused
from tests.conformance.harness import Harness
from tests.conformance.kinds import HARNESSES, Start
from tests.conformance.rows import assert_holds, ignore

pytestmark = pytest.mark.django_db
JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
SERVICES = {
    name: start
    for name, start in HARNESSES.items()
    if name in {"webhook", "google_customer_match", "meta_custom_audiences", "braze-attributes"}
}


@pytest.fixture(params=list(SERVICES.values()), ids=list(SERVICES))
def harness(request: pytest.FixtureRequest, db: None, tmp_path: Path) -> Iterator[Harness]:
    start: Start = request.param
    register_destination(
        slug="ads", kind=DestinationKind.AD_PLATFORM, title="Ads", registered_by="officer", at=JAN_1
    )
    with start(tmp_path) as harness:
        yield harness


def check() -> None:
    connector = queries.open_connector("ads")
    assert connector is not None
    connector.check()


def connect(harness: Harness) -> None:
    connect_destination(
        slug="ads",
        connector=harness.kind.slug,
        settings=harness.settings(),
        secrets=harness.secrets(),
        changed_by="officer",
        at=JAN_1,
    )


def test_what_was_connected_delivers_and_takes_out(harness: Harness) -> None:
    connect(harness)
    connector = queries.open_connector("ads")
    assert connector is not None

    connector.check()
    connector.deliver(harness.delivery(), ignore)
    connector.remove(harness.removal(harness.sample().slice(0, 3)))

    assert_holds(harness, harness.sample().slice(3))


def test_a_local_service_is_not_served_where_the_installation_does_not_allow_it(
    harness: Harness, settings: Settings
) -> None:
    connect(harness)
    settings.ALLOW_LOCAL_DESTINATIONS = False

    with pytest.raises(DeliveryRefused):
        check()

    assert harness.held("lapsed_customers") == []


def test_a_missing_credential_is_refused_when_connecting(harness: Harness) -> None:
    name = next(iter(harness.secrets()))
    secrets = {key: value for key, value in harness.secrets().items() if key != name}

    with pytest.raises(DeliveryRefused, match=name):
        connect_destination(
            slug="ads",
            connector=harness.kind.slug,
            settings=harness.settings(),
            secrets=secrets,
            changed_by="officer",
            at=JAN_1,
        )

    assert queries.open_connector("ads") is None
