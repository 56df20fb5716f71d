"""What the graph answers: pictures, nodes, runs, columns, and what a breach of a dataset reached."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lineage.events import builders
from lineage.events.naming import destination
from lineage.graph import queries, services
from lineage.graph.errors import MalformedCursor, NodeUnknown, RunUnknown
from lineage.graph.loading import admit
from lineage.graph.models import Dataset
from lineage.graph.rules.reading import read_facts
from lineage.graph.types import Direction, Node, NodeKind, Origin, Picture, PictureQuery
from tests.graph_world import NOON, at, column_lineage, dataset, facet, run_event, send, symlink, tags
from tests.lineage_runs import make_run

pytestmark = pytest.mark.django_db


def key_of(name: str) -> str:
    [node] = [node for node in queries.find_nodes(name, 10) if node.name == name]
    return node.key


def names(picture: Picture) -> set[str]:
    return {node.name for node in picture.nodes}


def edges(picture: Picture) -> set[tuple[str, str]]:
    named = {node.key: node.name for node in picture.nodes}
    return {(named[edge.source], named[edge.target]) for edge in picture.edges}


def emit(run_id: UUID | None = None) -> UUID:
    run = make_run(run_id)
    admit(
        read_facts(event, origin=Origin.EMITTED)
        for event in (builders.start(run, at=NOON), builders.complete(run, at=at(1)))
    )
    services.load(limit=10)
    return run.run_id


def line() -> None:
    """raw -> copy -> clean -> report -> board, and aside -> report."""
    send(
        run_event("copy", inputs=["raw"], outputs=["clean"], minutes=1),
        run_event("report", inputs=["clean", "aside"], outputs=["board"], minutes=2),
    )


def test_a_picture_shows_what_is_around_its_focus_as_far_as_it_is_asked() -> None:
    line()

    whole = queries.get_picture(PictureQuery(focus=key_of("clean")))
    near = queries.get_picture(PictureQuery(focus=key_of("clean"), depth=1))
    down = queries.get_picture(PictureQuery(focus=key_of("copy"), direction=Direction.DOWNSTREAM))

    assert names(whole) == {"raw", "copy", "clean", "report", "board"}
    assert edges(whole) == {("raw", "copy"), ("copy", "clean"), ("clean", "report"), ("report", "board")}
    assert names(near) == {"copy", "clean", "report"}
    assert names(down) == {"copy", "clean", "report", "board"}


def test_a_picture_without_a_focus_shows_what_was_seen_last_and_says_if_it_is_cut() -> None:
    line()

    whole = queries.get_picture(PictureQuery())
    cut = queries.get_picture(PictureQuery(limit=4))

    assert len(whole.nodes) == 6
    assert not whole.is_cut
    assert names(cut) == {"report", "clean", "aside", "board"}
    assert cut.is_cut
    assert len(cut.edges) == 3


def test_a_picture_is_filtered_by_purpose_and_by_category_and_what_is_below_them() -> None:
    processing = facet(purpose="marketing.email", legal_basis="consent")
    send(
        run_event("mail", inputs=["people"], outputs=["mails"], job_facets={"processing": processing}),
        run_event("sum", inputs=["sales"], outputs=["totals"]),
        run_event(
            "score", inputs=[dataset("people", tags=tags(("user.contact.email", "x")))], outputs=["scores"]
        ),
    )

    marketing = queries.get_picture(PictureQuery(purpose="marketing"))
    contact = queries.get_picture(PictureQuery(category="user.contact"))
    both = queries.get_picture(PictureQuery(purpose="marketing.email", category="user"))

    assert names(marketing) == {"mail", "people", "mails"}
    assert names(contact) == {"mail", "people", "mails", "score", "scores"}
    assert names(both) == {"mail", "people", "mails"}
    assert names(queries.get_picture(PictureQuery(purpose="market"))) == set()


def test_downstream_and_upstream_are_whole() -> None:
    line()

    assert names(queries.list_downstream(key_of("raw"))) == {"raw", "copy", "clean", "report", "board"}
    assert names(queries.list_upstream(key_of("board"))) == {
        "board",
        "report",
        "clean",
        "aside",
        "copy",
        "raw",
    }


def test_two_names_of_one_dataset_are_one_node() -> None:
    send(
        run_event("write", outputs=[dataset("/data/a", namespace="file")]),
        run_event("read", inputs=[dataset("a", namespace="hive")]),
        run_event("tell", inputs=[dataset("a", namespace="hive", symlinks=symlink(("file", "/data/a")))]),
    )

    picture = queries.list_downstream(key_of("write"))

    assert names(picture) == {"write", "/data/a", "read", "tell"}
    assert len(picture.edges) == 3


def test_a_run_of_ours_is_told_with_its_decision_and_its_parent() -> None:
    run_id = emit()

    run = queries.get_run(run_id)

    assert (run.state, run.started_at, run.ended_at) == ("COMPLETE", NOON, at(1))
    assert (run.job.is_gate, run.job.origin, run.job.purpose) == (
        True,
        Origin.EMITTED,
        "advertising.audience",
    )
    assert run.parent == UUID(int=7)
    assert run.decision
    assert run.decision["allowed"] == 7
    assert [node.name for node in run.inputs] == ["/audiences/lapsed.parquet"]
    assert [(node.name, node.kind) for node in run.outputs] == [("meridian_ads", NodeKind.DESTINATION)]


def test_a_run_of_others_with_the_id_of_ours_changes_nothing_of_it() -> None:
    run_id = emit()
    before = queries.get_run(run_id)

    send(run_event("spoof", run_id=run_id, state="FAIL", minutes=30, outputs=["elsewhere"]))

    assert queries.get_run(run_id) == before


def test_unknown_runs_and_nodes_are_told_so() -> None:
    with pytest.raises(RunUnknown):
        queries.get_run(uuid4())
    for key in ("d1", "j1", "x1", "d", "", "d-1", "d\uff11", "d" + "9" * 30):
        with pytest.raises(NodeUnknown):
            queries.get_node(key)
        with pytest.raises(NodeUnknown):
            queries.list_downstream(key)


def test_runs_are_listed_by_pages_and_filters() -> None:
    line()
    emit()
    emit()
    first = queries.list_runs(limit=3)
    rest = queries.list_runs(limit=3, before=first.next)

    assert (len(first.runs), len(rest.runs), rest.next) == (3, 1, None)
    assert not {run.run_id for run in first.runs} & {run.run_id for run in rest.runs}
    assert len(queries.list_runs(purpose="advertising", limit=9).runs) == 2
    assert len(queries.list_runs(destination="meridian_ads", limit=9).runs) == 2
    assert [run.job.name for run in queries.list_runs(node_key=key_of("clean"), limit=9).runs] == [
        "report",
        "copy",
    ]
    assert len(queries.list_runs(node_key=key_of("copy"), limit=9).runs) == 1
    assert not queries.list_runs(state="FAIL", limit=9).runs
    with pytest.raises(MalformedCursor):
        queries.list_runs(before="x", limit=3)


def test_the_runs_that_wrote_a_dataset_in_a_time_are_found() -> None:
    send(
        run_event("copy", outputs=["clean"], minutes=0),
        run_event("copy", outputs=["clean"], minutes=10),
        run_event("read", inputs=["clean"], minutes=10),
    )

    found = queries.list_writing_runs(key_of("clean"), at(5), at(15))

    assert [(run.job.name, run.started_at, run.ended_at) for run in found] == [("copy", None, at(10))]


def test_columns_are_followed_through_jobs_and_masking_stays_known() -> None:
    first = column_lineage({"mail": [("raw", "email", False)], "hash": [("raw", "email", True)]})
    second = column_lineage({"contact": [("clean", "mail", False)]})
    send(
        run_event("copy", inputs=["raw"], outputs=[dataset("clean", columnLineage=first)]),
        run_event("report", inputs=["clean"], outputs=[dataset("board", columnLineage=second)]),
    )

    steps = queries.list_columns_downstream(key_of("raw"), "email")

    assert [(step.column, step.target.name, step.output, step.is_masked) for step in steps] == [
        ("email", "clean", "hash", True),
        ("email", "clean", "mail", False),
        ("mail", "board", "contact", False),
    ]
    assert queries.list_columns_downstream(key_of("raw"), "other") == ()


def test_a_breach_of_a_dataset_names_the_destinations_it_reached() -> None:
    emit()
    send(
        run_event("load", inputs=["raw"], outputs=[dataset("/audiences/lapsed.parquet", namespace="file")]),
        run_event("leak", inputs=["raw"], outputs=[dataset("x", namespace="s3://partner")]),
    )
    services.set_boundary(namespace="s3://partner", is_outside=True, by="officer", at=NOON)

    reached = queries.list_reached_destinations(key_of("raw"))

    assert reached.destinations == ("meridian_ads",)
    assert {node.name for node in reached.nodes} == {"meridian_ads", "x"}


def test_what_runs_of_ours_told_is_observed_by_purpose_and_destination() -> None:
    emit()
    emit()

    [observed] = queries.list_observed()

    assert (observed.purpose, observed.destination, observed.controller, observed.runs) == (
        "advertising.audience",
        "meridian_ads",
        "northwind",
        2,
    )
    assert observed.legal_bases == ("consent", "opt_out")
    assert observed.columns == ("city", "email (masked)")
    assert observed.sources == ("file//audiences/lapsed.parquet",)
    assert (observed.first_seen_at, observed.last_seen_at) == (NOON, at(1))


def test_what_others_tell_of_what_ours_wrote_is_no_observation() -> None:
    emit()
    [before] = queries.list_observed()
    fields = facet(fields=[{"name": "harmless", "type": "int"}])
    written = [
        dataset(name, namespace=namespace, schema=fields)
        for namespace, name in Dataset.objects.filter(flows__direction="output").values_list(
            "namespace", "name"
        )
    ]
    assert written

    send(run_event("theirs", outputs=written, minutes=30))

    assert queries.list_observed() == (before,)


def test_each_controller_is_observed_with_the_legal_bases_of_its_own_runs() -> None:
    emit()
    run = make_run()
    assert run.decision
    other = replace(run, decision=replace(run.decision, controller="other", legal_bases=("contract",)))
    admit([read_facts(builders.complete(other, at=at(5)), origin=Origin.EMITTED)])
    services.load(limit=10)

    bases = {one.controller: one.legal_bases for one in queries.list_observed()}

    assert bases == {"northwind": ("consent", "opt_out"), "other": ("contract",)}


def test_old_runs_go_and_what_flows_stays() -> None:
    line()

    assert services.forget_runs(before=at(2)) == 1

    assert [run.job.name for run in queries.list_runs(limit=9).runs] == ["report"]
    assert names(queries.list_downstream(key_of("raw"))) >= {"copy", "board"}


def test_what_an_officer_declares_is_shown() -> None:
    line()

    services.declare_dataset(
        key=key_of("raw"),
        categories=["user.name"],
        is_personal=False,
        is_outside=True,
        owner="team:crm",
        by="officer",
        at=NOON,
    )

    node: Node = queries.get_node(key_of("raw"))
    assert (node.kind, node.categories, node.owners, node.is_personal) == (
        NodeKind.DESTINATION,
        ("user.name",),
        ("team:crm",),
        True,
    )
    with pytest.raises(NodeUnknown):
        services.declare_dataset(
            key="d999999", categories=[], is_personal=True, is_outside=False, owner="", by="officer", at=NOON
        )


def test_a_destination_of_ours_is_one_whatever_borders_say() -> None:
    services.set_boundary(namespace="accordant://", is_outside=False, by="officer", at=NOON + timedelta(1))
    emit()

    assert queries.get_node(key_of(destination("meridian_ads").name)).kind is NodeKind.DESTINATION
