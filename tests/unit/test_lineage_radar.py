"""The radar finds what going through every single path finds, and its known bugs would be seen."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.graph.rules.radar import Pair, Radar
from lineage.graph.rules.topology import Topology, join_names
from lineage.graph.types import PathKind
from tests.radar_oracle import MUTANTS, expected, topology

DATASETS, JOBS = 6, 5
SLUGS = st.sampled_from(["ads", "mail"])


@st.composite
def graphs(draw: st.DrawFn) -> Topology:
    numbers = st.integers(1, DATASETS)
    flows = draw(
        st.lists(
            st.tuples(st.integers(1, JOBS), numbers, st.booleans()), min_size=3, max_size=14, unique=True
        )
    )
    pairs = draw(st.lists(st.tuples(numbers, numbers), max_size=2))
    return topology(
        flows,
        emitted=draw(st.dictionaries(st.integers(1, JOBS), SLUGS | st.just(""), max_size=3)),
        personal=draw(st.sets(numbers, max_size=3)),
        outside=draw(st.dictionaries(numbers, SLUGS | st.just(""), max_size=3)),
        roots=join_names(pair for pair in pairs if pair[0] != pair[1]),
        denied=draw(st.sets(numbers, max_size=1)),
        aliases=draw(st.lists(st.tuples(numbers, numbers), max_size=2)),
    )


def found_by(radar: Radar) -> dict[Pair, int]:
    return {pair: len(radar.route(pair[1], pair[2])) for pair in radar.pairs()}


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_the_radar_finds_what_every_single_path_tells(graph: Topology) -> None:
    assert found_by(Radar(graph)) == expected(graph)


@settings(max_examples=200, deadline=None)
@given(graphs())
def test_a_route_is_a_way_along_jobs_of_others(graph: Topology) -> None:
    radar = Radar(graph)
    pairs = list(radar.pairs())

    assert pairs == sorted(pairs, key=lambda pair: (list(PathKind).index(pair[0]), pair[1], pair[2]))
    for _, source, target in pairs:
        route = radar.route(source, target)
        assert (route[0], route[-1], len(set(route))) == (source, target, len(route))
        for one, other in itertools.pairwise(route):
            assert other in (*graph.downstream.get(one, []), *graph.aliases.get(one, []))
            assert -other not in graph.emitted


@settings(max_examples=400, deadline=None)
@given(graphs())
def test_what_others_call_the_same_data_takes_no_path_away(graph: Topology) -> None:
    told, untold = set(Radar(graph).pairs()), set(Radar(replace(graph, aliases={})).pairs())

    assert {pair for pair in untold if pair[0] is PathKind.UNGATED} <= told
    assert {pair[1:] for pair in untold} <= {pair[1:] for pair in told}


READ, WROTE = True, False
CASES: list[Topology] = [
    # 1 personal -> job 1 -> 2 outside; 2 personal as well and fed by a gate for ads
    topology([(1, 1, READ), (1, 2, WROTE)], personal={1}, outside={2: ""}),
    # the gate job 1 stands on the only way
    topology(
        [(1, 1, READ), (1, 2, WROTE), (2, 2, READ), (2, 3, WROTE)], emitted={1: "ads"}, outside={3: "ads"}
    ),
    # … and then the data goes to another destination
    topology(
        [(1, 1, READ), (1, 2, WROTE), (2, 2, READ), (2, 3, WROTE)], emitted={1: "ads"}, outside={3: "mail"}
    ),
    # beside the gate, job 3 writes the same dataset, which is itself personal
    topology(
        [(1, 1, READ), (1, 2, WROTE), (3, 1, READ), (3, 2, WROTE), (2, 2, READ), (2, 3, WROTE)],
        emitted={1: "ads"},
        personal={2},
        outside={3: "ads"},
    ),
    # two gates write one file
    topology(
        [(1, 1, READ), (1, 2, WROTE), (3, 1, READ), (3, 2, WROTE), (2, 2, READ), (2, 3, WROTE)],
        emitted={1: "ads", 3: "mail"},
        outside={3: "ads"},
    ),
    # what a gate reads is personal, and leaves by another job
    topology([(1, 1, READ), (1, 2, WROTE), (2, 1, READ), (2, 3, WROTE)], emitted={1: "ads"}, outside={3: ""}),
    # what the gate denied is taken to the destination it was denied for
    topology(
        [(1, 1, READ), (1, 2, WROTE), (1, 4, WROTE), (2, 4, READ), (2, 3, WROTE)],
        emitted={1: "ads"},
        outside={3: "ads"},
        denied={4},
    ),
    # the dataset outside has another name
    topology([(1, 1, READ), (1, 2, WROTE)], personal={1}, outside={3: ""}, roots=join_names([(2, 3)])),
    # others call what leaves ungated by the name of what the gate wrote …
    topology(
        [(1, 9, READ), (1, 2, WROTE), (2, 4, READ), (2, 3, WROTE)],
        emitted={1: "ads"},
        personal={4},
        outside={3: "ads"},
        aliases=[(2, 4)],
    ),
    # … where it goes by the name of the gate's destination …
    topology(
        [(1, 9, READ), (1, 2, WROTE), (2, 2, READ), (2, 3, WROTE)],
        emitted={1: "ads"},
        outside={3: "", 5: "ads"},
        aliases=[(3, 5)],
    ),
    # … both of its ends by one name …
    topology([(1, 1, READ), (1, 3, WROTE)], personal={1}, outside={3: ""}, aliases=[(1, 3)]),
    # … and what the gate denied by the name of what it let go
    topology(
        [(1, 9, READ), (1, 2, WROTE), (1, 4, WROTE), (2, 4, READ), (2, 3, WROTE)],
        emitted={1: "ads"},
        outside={3: "ads"},
        denied={4},
        aliases=[(2, 4)],
    ),
]


@pytest.mark.parametrize("graph", CASES)
def test_each_case_is_as_every_single_path_tells(graph: Topology) -> None:
    assert found_by(Radar(graph)) == expected(graph)


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_radar_with_a_bug_is_seen(mutant: type[Radar]) -> None:
    assert any(set(mutant(graph).pairs()) != set(expected(graph)) for graph in CASES)


def test_cycles_end_and_a_long_way_exhausts_nothing() -> None:
    length = 20_000
    flows = [(job, job, True) for job in range(1, length)] + [
        (job, job + 1, False) for job in range(1, length)
    ]
    back = [(length, length, True), (length, 1, False)]
    graph = topology([*flows, *back], personal={1}, outside={length: ""})

    assert list(Radar(graph).pairs()) == [(PathKind.UNGATED, 1, length)]
    assert len(Radar(graph).route(1, length)) == 2 * length - 1


def test_a_path_that_is_gated_for_its_destination_is_none() -> None:
    assert list(Radar(CASES[1]).pairs()) == []
    assert list(Radar(CASES[2]).pairs()) == [(PathKind.OTHER_DESTINATION, 2, 3)]
    assert list(Radar(CASES[3]).pairs()) == [(PathKind.UNGATED, 1, 3), (PathKind.UNGATED, 2, 3)]
