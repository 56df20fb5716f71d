"""One person looked up in real runs: what each says of them, and what none can say any more."""

from pathlib import Path
from typing import Any

import pytest

from activation.enforcement import services
from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence import looking
from activation.enforcement.presence.queries import (
    count_runs,
    list_run_terms,
    trace_all,
    trace_page,
    trace_run,
)
from activation.enforcement.presence.types import Presence, RunFilter, Sought, TracedRun, Trust
from activation.enforcement.types import DeliveryState, RunStatus
from consent.subjects.rules import normalise
from consent.subjects.types import Identifier, IdentifierKind
from consent.verifier.manifests.evidence import read_evidence
from consent.verifier.manifests.membership import hash_member
from tests.enforcement_world import (
    BRITON,
    GERMAN,
    JUNE_1,
    REFUSED,
    STRANGER,
    WITHDRAWN,
    make_world,
    run,
    write_csv,
)
from tests.integration.test_run_retention import in_three_years
from tests.simulation_world import find

pytestmark = pytest.mark.django_db

EVERY = RunFilter()
PEOPLE = [GERMAN, BRITON, WITHDRAWN, REFUSED, STRANGER, "99999"]


@pytest.fixture(autouse=True)
def _world(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)


def seek(customer: str) -> Sought:
    return Sought(identifiers=(normalise(Identifier(IdentifierKind.CUSTOMER_ID, customer)),))


def send(folder: Path, name: str, **changes: Any) -> EnforcementRun:
    run(folder, output_path=folder / name, **changes)
    return EnforcementRun.objects.get(output=str(folder / name))


def look(one: EnforcementRun, customer: str = GERMAN, *, verify: bool = False) -> TracedRun:
    found = trace_run(one.pk, seek(customer), verify=verify)
    assert found is not None
    return found


def by_the_whole(one: EnforcementRun, customer: str) -> tuple[Presence, tuple[str, ...]]:
    """Return what the whole evidence says: the oracle."""
    evidence = read_evidence(Path(f"{one.output}.evidence").read_bytes())
    [identifier] = seek(customer).identifiers
    member = hash_member(evidence.run_key, identifier)
    reasons = tuple(sorted(evidence.reasons_of(member)))
    if member in evidence.allowed:
        return Presence.RECEIVED, reasons
    return Presence.DENIED if member in evidence.denied else Presence.ABSENT, reasons


def test_each_run_says_of_everybody_what_its_whole_evidence_says(tmp_path: Path) -> None:
    runs = [send(tmp_path, f"out{number}.csv") for number in range(3)]

    for customer in PEOPLE:
        told = [(one.looked_up.presence, one.looked_up.reasons) for one in trace_all(seek(customer), EVERY)]
        assert told == [by_the_whole(one, customer) for one in reversed(runs)]
    assert look(runs[0], GERMAN).looked_up.presence == Presence.RECEIVED
    assert look(runs[0], WITHDRAWN).looked_up.reasons == ("withdrawn",)
    assert look(runs[0], STRANGER).looked_up.reasons == ("subject_unknown",)
    assert look(runs[0], "99999").looked_up.presence == Presence.ABSENT


def test_pages_show_each_run_once_the_latest_first(tmp_path: Path) -> None:
    runs = [send(tmp_path, f"out{number}.csv").pk for number in range(5)]
    shown, after, pages = list[Any](), None, 0

    while pages < 3:
        page = trace_page(seek(GERMAN), EVERY, after=after, limit=2)
        shown += [one.run_id for one in page.runs]
        after, pages = page.next, pages + 1

    assert shown == list(reversed(runs))
    assert after is None


def test_runs_of_one_moment_are_each_on_one_page(tmp_path: Path) -> None:
    runs = {send(tmp_path, f"out{number}.csv").pk for number in range(4)}
    EnforcementRun.objects.update(started_at=JUNE_1)

    first = trace_page(seek(GERMAN), EVERY, limit=3)
    second = trace_page(seek(GERMAN), EVERY, after=first.next, limit=3)

    assert len(first.runs) == 3
    assert {one.run_id for one in (*first.runs, *second.runs)} == runs


def test_runs_are_filtered_by_purpose_destination_and_time(tmp_path: Path) -> None:
    first, second = send(tmp_path, "out1.csv"), send(tmp_path, "out2.csv")

    def ids(**wanted: Any) -> list[Any]:
        return [one.run_id for one in trace_page(seek(GERMAN), RunFilter(**wanted)).runs]

    assert ids(destination="ads", purpose="advertising.audience") == [second.pk, first.pk]
    assert ids(destination="other") == ids(purpose="other") == []
    assert ids(since=second.started_at) == [second.pk]
    assert ids(until=second.started_at) == [first.pk]
    assert count_runs(RunFilter(until=second.started_at)) == 1
    assert list_run_terms() == (["advertising.audience"], ["ads"])


def test_a_run_whose_place_another_took_says_that_its_evidence_is_gone(tmp_path: Path) -> None:
    first = send(tmp_path, "out.csv")
    run(tmp_path, overwrite=True)

    assert look(first).looked_up.presence == Presence.GONE
    assert look(EnforcementRun.objects.exclude(pk=first.pk).get()).looked_up.presence == Presence.RECEIVED


def test_evidence_that_was_taken_away_is_gone(tmp_path: Path) -> None:
    one = send(tmp_path, "out.csv")
    Path(f"{one.output}.evidence").unlink()

    assert look(one).looked_up.presence == Presence.GONE
    assert look(one, verify=True).looked_up.presence == Presence.GONE
    assert services.forget_runs(at=in_three_years()) == 1
    assert trace_run(one.pk, seek(GERMAN), verify=False) is None


@pytest.mark.parametrize("customer", [GERMAN, WITHDRAWN, "99999"])
def test_evidence_with_one_bit_turned_says_nothing_about_anybody(tmp_path: Path, customer: str) -> None:
    one = send(tmp_path, "out.csv")
    path = Path(f"{one.output}.evidence")
    content = bytearray(path.read_bytes())
    for place in (10, len(content) // 2, len(content) - 1):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        assert look(one, customer).looked_up.presence == Presence.UNREADABLE
    path.write_bytes(content[:-1])
    assert look(one, customer).looked_up.presence == Presence.UNREADABLE
    path.write_bytes(content)
    assert look(one, customer).looked_up.presence != Presence.UNREADABLE


def test_a_large_file_is_glanced_at_and_read_whole_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = send(tmp_path, "out.csv")
    monkeypatch.setattr(looking, "WHOLE_UP_TO", 0)

    assert look(one).looked_up.trust == Trust.GLANCED
    assert look(one, verify=True).looked_up.trust == Trust.WHOLE

    Path(f"{one.output}.manifest.json").unlink()
    assert (look(one).looked_up.presence, look(one).looked_up.trust) == (Presence.RECEIVED, Trust.UNVOUCHED)
    assert look(one, verify=True).looked_up.presence == Presence.UNREADABLE


def test_a_folder_where_evidence_should_be_is_unreadable(tmp_path: Path) -> None:
    one = send(tmp_path, "out.csv")
    path = Path(f"{one.output}.evidence")
    path.unlink()
    path.mkdir()

    assert look(one).looked_up.presence == Presence.UNREADABLE


def test_a_run_that_goes_on_or_let_nothing_leave_says_so(tmp_path: Path) -> None:
    one = send(tmp_path, "out.csv")
    EnforcementRun.objects.update(status=RunStatus.FAILED)
    assert look(one).looked_up.presence == Presence.NOTHING_LEFT

    EnforcementRun.objects.update(status=RunStatus.RUNNING, finished_at=None)
    assert look(one).looked_up.presence == Presence.UNFINISHED


def test_a_run_that_broke_off_while_it_handed_over_may_have_sent(tmp_path: Path, settings: Any) -> None:
    settings.MEMBERS = tmp_path / "members"
    settings.MEMBERS.mkdir()
    one = send(tmp_path, "out.csv")
    EnforcementRun.objects.update(status=RunStatus.FAILED, delivery=DeliveryState.SENDING)
    assert look(one).looked_up.presence == Presence.GONE

    for suffix in (".evidence", ".manifest.json"):
        Path(f"{one.output}{suffix}").rename(settings.MEMBERS / f"{one.pk}{suffix}")

    assert look(one).looked_up.presence == Presence.MAY_HAVE
    assert look(one, WITHDRAWN).looked_up.presence == Presence.DENIED
    assert look(one).looked_up.trust == Trust.WHOLE


def test_people_whom_rows_named_by_reference_are_found_by_theirs(tmp_path: Path) -> None:
    refs = {customer: find(customer) for customer in (GERMAN, WITHDRAWN)}
    path = tmp_path / "refs.csv"
    path.write_text("subject_ref,spent\n" + "".join(f"{ref},1\n" for ref in refs.values()))
    one = send(tmp_path, "out_refs.csv", input_path=path)

    def presence(customer: str) -> Presence:
        found = trace_run(one.pk, Sought(refs=(refs[customer],)), verify=False)
        assert found is not None
        return found.looked_up.presence

    assert presence(GERMAN) == Presence.RECEIVED
    assert presence(WITHDRAWN) == Presence.DENIED
    assert look(one, GERMAN).looked_up.presence == Presence.ABSENT
