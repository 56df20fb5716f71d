"""What one floor may use of another: an app's services, queries and types, and the pure rooms."""

from collections.abc import Iterator

import pytest

from tests.architecture.source import FLOORS, Source, list_sources, snippet

OPEN_FILES = {"services", "queries", "types"}
ALSO_OPEN = {
    "activation.changes.kinds",  # pure: what each kind of subscription asks for, for the reference
    "activation.changes.messages",  # pure: what messages tell, for the reference
    "activation.checks.wire",  # pure: the words of the check API, which the composition root answers in too
    "activation.enforcement.membership",  # its services: keys are wrapped anew for all floors by one command
    "activation.enforcement.suppression",  # its follower, and what waits
    "activation.desk.register",  # pure: what its JSON holds, for the reference
    "activation.desk.tracing",  # pure: why somebody looks a person up
    "activation.destinations.kinds",  # pure: what each kind of destination asks for, for the reference
    "consent.keys.vault",  # the one way in which content is sealed in parts
    "consent.ledger.append_only",  # a trigger that tables of every floor above carry
    "consent.records.signal_words",  # pure: what officers read of signals instead of codes
    "consent.requests.connectors",  # pure where settings are declared, for the reference
    "consent.requests.erasing",  # pure: what the JSON of a certificate holds, for the reference
    "consent.requests.figures",  # pure: what the JSON of figures holds, for the reference
    "consent.requests.systems",  # pure where the data map's document is declared, for the reference
    "consent.subjects.rules",  # pure: how an identifier is written, for whoever reads them from a file
    "lineage.leases.claiming",  # the one implementation of leases, for the outboxes of every floor
    "lineage.leases.keeping",
    "lineage.leases.rows",
    "lineage.leases.waking",
}
PURE_ROOMS = {
    "consent.kernel",
    "consent.network",  # the one way out to others' services, for every floor
    "consent.signals",
    "consent.verifier",
    "lineage.errors",  # pure: what calls to lineage may raise
    "lineage.facets",
    "lineage.events",
    "activation.decisions",
}


def find_intrusions(source: Source) -> Iterator[str]:
    """Yield each import from another floor's app that is not one of its open files."""
    for line, name in source.imports():
        parts = name.split(".")
        if parts[0] not in FLOORS or parts[0] == source.package[0] or _is_open(name):
            continue
        if len(parts) < 3 or parts[2] not in OPEN_FILES:
            yield f"{source.path}:{line}: {name}"


def _is_open(name: str) -> bool:
    parts = name.split(".")
    return ".".join(parts[:2]) in PURE_ROOMS or ".".join(parts[:3]) in ALSO_OPEN


def test_floors_use_each_other_through_open_files_only() -> None:
    assert [fault for source in list_sources(*FLOORS) for fault in find_intrusions(source)] == []


@pytest.mark.parametrize(
    "text",
    [
        "from consent.records.models import ConsentRecord",
        "from consent.records import models",
        "from consent.records.rules import choices",
        "import consent.records.importing",
    ],
)
def test_a_look_into_another_floors_app_is_found(text: str) -> None:
    assert list(find_intrusions(snippet(text, path="activation/checks/queries.py")))


@pytest.mark.parametrize(
    "text",
    [
        "from consent.records.services import record_choice",
        "from consent.records import queries",
        "from consent.kernel.merkle import root",
        "from activation.checks.models import ApiKey",
        "from django.db import models",
    ],
)
def test_open_files_pure_rooms_and_our_own_floor_are_free_to_use(text: str) -> None:
    assert not list(find_intrusions(snippet(text, path="activation/checks/queries.py")))
