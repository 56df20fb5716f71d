"""Ungated paths from events and officers' words: found, described, acknowledged, and counted again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from lineage.events import builders
from lineage.events.naming import DESTINATIONS_NAMESPACE
from lineage.graph import queries, services
from lineage.graph.errors import MalformedCursor, MalformedDeclaration, NodeUnknown
from lineage.graph.loading import admit
from lineage.graph.models import Acknowledgement
from lineage.graph.rules.reading import read_facts
from lineage.graph.topology_rows import load_topology
from lineage.graph.types import Origin, PathKind, UngatedPath
from tests.graph_world import (
    NOON,
    Event,
    at,
    column_lineage,
    dataset,
    facet,
    run_event,
    send,
    symlink,
    tags,
)
from tests.lineage_runs import AUDIENCE, make_run

pytestmark = pytest.mark.django_db
PII = tags(("pii", "email"))
PARTNER = "s3://partner"


@pytest.fixture(autouse=True)
def partner() -> None:
    services.set_boundary(namespace=PARTNER, is_outside=True, owner="team:sales", by="officer", at=NOON)


def emit_enforcement() -> None:
    """Have a run of ours read the audience's file and write to the destination meridian_ads."""
    run = make_run()
    admit([read_facts(builders.complete(run, at=NOON), origin=Origin.EMITTED)])
    services.load(limit=10)


def outside(name: str) -> Event:
    return dataset(name, namespace=PARTNER)


def listed() -> list[UngatedPath]:
    return list(queries.list_ungated_paths(limit=50).paths)


def ends() -> list[tuple[str, str, str]]:
    return [(path.kind.value, path.nodes[0].name, path.nodes[-1].name) for path in listed()]


def leak() -> None:
    """Have people's data go to a partner, over two jobs."""
    owned = {"ownership": facet(owners=[{"name": "team:crm"}])}
    send(
        run_event(
            "copy",
            inputs=[dataset("people", tags=PII)],
            outputs=["copy_of_people"],
            minutes=1,
            job_facets=owned,
        ),
        run_event("upload", inputs=["copy_of_people"], outputs=[outside("drop")], minutes=2),
        run_event("upload", inputs=["copy_of_people"], outputs=[outside("drop")], minutes=9),
    )


def test_a_path_is_told_with_its_way_its_age_and_its_owners() -> None:
    leak()

    [path] = listed()

    assert path.kind is PathKind.UNGATED
    assert [node.name for node in path.nodes] == ["people", "copy", "copy_of_people", "upload", "drop"]
    assert (path.since, path.last_seen_at) == (at(2), at(1))
    assert path.owners == ("team:crm",)
    assert (path.is_masked, path.acknowledged) == (False, None)
    assert queries.count_ungated_paths() == 1


def test_what_flows_back_or_carries_nobody_is_no_path() -> None:
    send(
        run_event("import", inputs=[outside("list")], outputs=[dataset("people", tags=PII)]),
        run_event("upload", inputs=["weather"], outputs=[outside("drop")]),
        run_event("inside", inputs=["people"], outputs=["report"]),
    )

    assert ends() == []


@pytest.mark.parametrize(
    ("told", "is_personal"),
    [
        (tags(("PII", "true")), True),
        (tags(("Personal-Data", "")), True),
        (tags(("data_category", "user.contact")), True),
        (tags(("user.contact.email", "x", "mail")), True),
        (tags(("pii", "false")), False),
        (tags(("users", "many")), False),
        (tags(("layer", "pii")), False),
    ],
)
def test_tags_of_a_dataset_or_a_column_say_that_it_is_personal(told: Event, is_personal: bool) -> None:
    send(run_event("upload", inputs=[dataset("x", tags=told)], outputs=[outside("drop")]))

    assert bool(ends()) is is_personal


def test_a_dataset_that_an_officer_declared_begins_and_ends_paths() -> None:
    send(run_event("upload", inputs=["x"], outputs=["y"]))
    keys = {node.name: node.key for node in queries.find_nodes("", 9)}
    said: dict[str, Any] = {"categories": [], "owner": "", "by": "officer", "at": NOON}
    services.declare_dataset(key=keys["x"], is_personal=True, is_outside=False, **said)
    services.declare_dataset(key=keys["y"], is_personal=False, is_outside=True, **said)

    assert ends() == [("ungated", "x", "y")]


def test_what_an_enforcement_reads_is_personal_and_what_it_writes_is_gated_for_its_destination() -> None:
    emit_enforcement()
    source = dataset(AUDIENCE.name, namespace=AUDIENCE.namespace)
    ads = dataset("meridian_ads", namespace=DESTINATIONS_NAMESPACE)
    send(
        run_event("around", inputs=[source], outputs=[outside("drop")]),
        run_event("onward", inputs=[ads], outputs=[outside("broker")]),
    )

    assert ends() == [
        ("ungated", AUDIENCE.name, "drop"),
        ("other_destination", "meridian_ads", "broker"),
    ]
    assert len(queries.list_ungated_paths(kind=PathKind.OTHER_DESTINATION, limit=9).paths) == 1


def other_names_lead_outside() -> None:
    """The upload's output is the partner's file by another name."""
    send(
        run_event("upload", inputs=[dataset("people", tags=PII)], outputs=["external_table"]),
        run_event("tell", inputs=[dataset("external_table", symlinks=symlink((PARTNER, "drop")))]),
    )
    [path] = listed()
    assert path.nodes[-1].name in {"drop", "external_table"}
    assert path.nodes[-1].kind == "destination"


def others_who_name_one_thing_by_two_names_hide_nothing() -> None:
    """A stranger calls a leak's ends, what a gate wrote and its destination by each other's names."""
    emit_enforcement()
    leak()
    gated = dataset("meridian_ads", namespace=DESTINATIONS_NAMESPACE)
    send(run_event("onward", inputs=[gated], outputs=[outside("broker")]))
    before = {path.key for path in listed()}
    names = [("warehouse", "people"), ("warehouse", "copy_of_people"), (PARTNER, "drop"), (PARTNER, "broker")]
    send(
        *(
            run_event("tell", inputs=[dataset(name, namespace=space, symlinks=symlink(*names))])
            for space, name in [*names, (DESTINATIONS_NAMESPACE, "meridian_ads")]
        )
    )
    after = listed()
    assert len(before) == 2
    assert {key.partition(".")[2] for key in before} <= {path.key.partition(".")[2] for path in after}
    assert queries.count_ungated_paths() == len(after)


def an_acknowledgement_ends() -> None:
    """A path counts again when what an officer noted is over."""
    leak()
    [path] = listed()
    now = timezone.now()
    note: dict[str, Any] = {"path": path.key, "reason": "contract", "by": "officer", "at": now}
    services.acknowledge_path(until=now + timedelta(days=1), **note)
    [known] = listed()
    assert known.acknowledged
    assert (known.acknowledged.by, known.acknowledged.reason) == ("officer", "contract")
    assert queries.count_ungated_paths() == 0
    Acknowledgement.objects.update(until=now - timedelta(seconds=1))
    [again] = listed()
    assert again.acknowledged is None
    assert queries.count_ungated_paths() == 1


def nobody_else_draws_a_gate() -> None:
    """An event with the name of our job is refused, and the path stays ungated."""
    emit_enforcement()
    leak()
    spoof = run_event(make_run().job.name, namespace="accordant", outputs=["people"])
    services.receive_many(events=[spoof], at=at(60))
    services.load(limit=10)
    assert ends() == [("ungated", "people", "drop")]


CHECKS: list[Callable[[], None]] = [
    other_names_lead_outside,
    an_acknowledgement_ends,
    nobody_else_draws_a_gate,
    others_who_name_one_thing_by_two_names_hide_nothing,
]


@pytest.mark.parametrize("check", CHECKS)
def test_it_is_so(check: Callable[[], None]) -> None:
    check()


def forget_names(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("lineage.graph.topology_rows.pair_up", lambda *_: {})


def ignore_the_end_of_acknowledgements(patch: pytest.MonkeyPatch) -> None:
    everything = Acknowledgement.objects.all
    patch.setattr(Acknowledgement.objects, "filter", lambda **_: everything())


def take_in_who_claims_to_be_us(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("lineage.graph.services.refuse_ours", lambda _: None)


def believe_others(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("lineage.graph.paths.load_wary_topology", load_topology)


@pytest.mark.parametrize(
    ("mutant", "check"),
    list(
        zip(
            (
                forget_names,
                ignore_the_end_of_acknowledgements,
                take_in_who_claims_to_be_us,
                believe_others,
            ),
            CHECKS,
            strict=True,
        )
    ),
)
def test_a_known_bug_is_seen(
    monkeypatch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None], check: Callable[[], None]
) -> None:
    mutant(monkeypatch)

    with pytest.raises((AssertionError, ValueError)):
        check()


def test_masked_columns_clear_nothing_and_are_told() -> None:
    lineage = column_lineage({"hash": [("people", "email", True)]})
    send(
        run_event(
            "upload",
            inputs=[dataset("people", tags=PII)],
            outputs=[dataset("drop", namespace=PARTNER, columnLineage=lineage)],
        )
    )

    [path] = listed()

    assert path.is_masked


def test_paths_come_in_pages() -> None:
    send(
        *(
            run_event(f"up {n}", inputs=[dataset(f"p {n}", tags=PII)], outputs=[outside(f"d {n}")])
            for n in range(5)
        )
    )

    found: list[str] = []
    after = None
    while True:
        page = queries.list_ungated_paths(after=after, limit=2)
        found += [path.nodes[0].name for path in page.paths]
        after = page.next
        if after is None:
            break

    assert sorted(found) == [f"p {n}" for n in range(5)]
    for wrong in ("", "ungated", "ungated.d1", "ungated.x1.d2", "other.d1.d2"):
        with pytest.raises(MalformedCursor):
            queries.list_ungated_paths(after=wrong, limit=2)


def test_the_longest_boundary_counts() -> None:
    leak()
    said: dict[str, Any] = {"by": "officer", "at": NOON}

    services.set_boundary(namespace=PARTNER, name="dr", is_outside=False, **said)
    assert ends() == []
    services.set_boundary(namespace=PARTNER, name="drop", is_outside=True, **said)
    assert len(ends()) == 1
    services.set_boundary(namespace=PARTNER, name="drop", is_outside=False, **said)
    assert ends() == []


def test_a_malformed_acknowledgement_is_refused() -> None:
    leak()
    [path] = listed()
    said: dict[str, Any] = {"path": path.key, "reason": "known", "until": at(9), "by": "officer", "at": NOON}

    for change in ({"reason": " "}, {"until": NOON}, {"reason": "x" * 2000}):
        with pytest.raises(MalformedDeclaration):
            services.acknowledge_path(**{**said, **change})
    for wrong in ("ungated.d1.d999999", "x", "ungated.j1.d2"):
        with pytest.raises(NodeUnknown):
            services.acknowledge_path(**{**said, "path": wrong})
    with pytest.raises(MalformedDeclaration):
        services.set_boundary(namespace=" ", is_outside=True, by="officer", at=NOON)
    assert not Acknowledgement.objects.exists()
