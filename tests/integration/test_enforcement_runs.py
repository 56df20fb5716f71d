"""An audience run lets out those who may leave, with evidence; whatever goes wrong, it lets out nobody."""

import hashlib
import json
import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from activation.destinations.services import resume_destination, suspend_destination
from activation.enforcement.audience.types import AudienceUnreadable
from activation.enforcement.files import OutputExists, OutputNotWritable
from activation.enforcement.models import EnforcementRun
from activation.enforcement.services import InputChanged, MalformedOrder, signing_key
from activation.enforcement.types import RunStatus
from activation.obligations.plan import ObligationNotSupported
from consent.kernel.errors import AccordantError
from consent.verifier.manifests.verification import load_evidence, verify_signed
from tests.enforcement_world import (
    AUDIENCE,
    BRITON,
    GERMAN,
    JUNE_1,
    POLICY,
    list_events,
    list_names,
    make_world,
    publish_policy,
    read_csv,
    register_ads,
    run,
    write_csv,
)

pytestmark = pytest.mark.django_db
FINISHED = ["audience.csv", "out.csv", "out.csv.evidence", "out.csv.manifest.json"]


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """Let this process write no file beyond `size` bytes."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def sha256(text: str) -> str:
    """Return the hex digest that a masked value becomes."""
    return hashlib.sha256(text.encode()).hexdigest()


def assert_failed_without_a_trace(folder: Path) -> EnforcementRun:
    """Check that the only run failed, told lineage so, and left nothing; return it."""
    failed = EnforcementRun.objects.get()
    assert failed.status == RunStatus.FAILED
    assert [event["eventType"] for event in list_events(failed.pk)] == ["START", "FAIL"]
    assert list_names(folder) == ["audience.csv"]
    return failed


def test_those_who_agreed_leave_with_obligations_applied(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path)

    masked = {"email": sha256("c1@customers.example"), "ad_personalization": "granted"}
    assert read_csv(result.output) == [
        {"customer_id": GERMAN, "phone": "+491701234561", "spent": "10.50", **masked},
        {
            **masked,
            "customer_id": BRITON,
            "phone": "",
            "spent": "07",
            "email": sha256("c2@customers.example"),
        },
    ]
    assert (result.rows_in, result.allowed, result.denied) == (7, 2, 5)
    assert result.denied_by_reason == {"subject_unknown": 3, "withdrawn": 1, "refused": 1}
    assert list_names(tmp_path) == FINISHED


def test_the_manifest_states_what_was_done_and_the_evidence_bears_it_out(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path)

    manifest = verify_signed(result.manifest.read_bytes(), signing_key().verify_key)
    evidence, checks = load_evidence(manifest, result.evidence)
    assert evidence is not None
    assert all(check.passed for check in checks)
    assert manifest.run_id == str(result.run_id)
    assert (manifest.input.rows, manifest.allowed, manifest.denied) == (7, 2, 5)
    assert manifest.legal_bases == {"consent": 2}
    assert [(one.kind, one.field, one.rows) for one in manifest.obligations] == [
        ("drop", "phone", 1),
        ("mask", "email", 2),
        ("set", "ad_personalization", 2),
    ]
    assert manifest.output.digest == f"sha256:{hashlib.sha256(result.output.read_bytes()).hexdigest()}"
    assert (manifest.membership.allowed_members, manifest.membership.denied_members) == (6, 7)
    assert stat.S_IMODE(result.evidence.stat().st_mode) == 0o600


def test_nobody_is_named_outside_the_output(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path)

    row = EnforcementRun.objects.values().get()
    told = [
        result.manifest.read_text(),
        result.evidence.read_bytes().decode("latin-1"),
        json.dumps(list_events(result.run_id)),
        json.dumps(row, default=str),
    ]
    for text in told:
        assert not any(person["email"] and person["email"] in text for person in AUDIENCE)
        assert GERMAN not in text


def test_the_run_and_its_lineage_say_the_same_as_the_manifest(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path)

    row = EnforcementRun.objects.get(pk=result.run_id)
    start, complete = list_events(result.run_id)
    decided = complete["run"]["facets"]["accordant_decision"]
    assert row.status == RunStatus.COMPLETED
    assert row.manifest_digest == f"sha256:{hashlib.sha256(result.manifest.read_bytes()).hexdigest()}"
    assert (start["eventType"], complete["eventType"]) == ("START", "COMPLETE")
    assert decided["manifestDigest"] == row.manifest_digest
    assert decided["deniedByReason"] == row.denied_by_reason == result.denied_by_reason
    assert decided["policyDigest"] == row.policy_digest == result.policy_digest
    fields = complete["outputs"][0]["facets"]["columnLineage"]["fields"]
    assert fields["email"]["inputFields"][0]["transformations"][0]["masking"] is True
    assert len(fields["phone"]["inputFields"][0]["transformations"]) == 2


def test_an_empty_audience_is_a_run_without_rows(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path, [])

    result = run(tmp_path)

    assert (result.rows_in, result.allowed, result.denied) == (0, 0, 0)
    assert read_csv(result.output) == []
    assert list_names(tmp_path) == FINISHED


@pytest.mark.parametrize("name", ["a.ndjson", "a.parquet"])
def test_other_formats_are_decided_alike(tmp_path: Path, name: str) -> None:
    make_world()
    if name == "a.parquet":
        parquet.write_table(pa.Table.from_pylist(AUDIENCE), tmp_path / name)
    else:
        (tmp_path / name).write_text("".join(json.dumps(row) + "\n" for row in AUDIENCE))

    result = run(tmp_path, input_path=tmp_path / name, output_path=tmp_path / f"out-{name}")

    if name == "a.parquet":
        rows = parquet.read_table(result.output).to_pylist()
    else:
        rows = [json.loads(line) for line in result.output.read_text().splitlines()]
    assert [(row["customer_id"], row["phone"]) for row in rows] == [(GERMAN, "+491701234561"), (BRITON, None)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"destination": "nowhere"}, "destination_unknown"),
        ({"purpose": "marketing.unheard_of"}, "purpose_unknown"),
        ({"controller": "somebody"}, "no_rule"),
    ],
)
def test_what_the_policy_does_not_know_denies_every_row(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    make_world()
    write_csv(tmp_path)

    result = run(tmp_path, **changes)

    assert result.allowed == 0
    assert reason in result.denied_by_reason
    assert read_csv(result.output) == []


def test_without_a_policy_every_row_is_denied(tmp_path: Path) -> None:
    register_ads()
    write_csv(tmp_path)

    result = run(tmp_path)

    assert result.denied_by_reason == {"policy_unavailable": 7}
    assert [event["eventType"] for event in list_events(result.run_id)] == ["START", "COMPLETE"]


def test_an_unregistered_destination_gets_nothing(tmp_path: Path) -> None:
    publish_policy()
    write_csv(tmp_path)

    assert run(tmp_path).denied_by_reason == {"destination_unknown": 7}


def test_a_row_that_names_nobody_is_denied_even_where_strangers_are_allowed(tmp_path: Path) -> None:
    open_to_strangers = "basis: legitimate_interest\n    assessment: LIA-1\n    unknown_subject: allow\n"
    everywhere = POLICY.replace("jurisdictions: [DE]", 'jurisdictions: ["*"]')
    publish_policy(everywhere.replace("basis: consent\n", open_to_strangers))
    register_ads()
    write_csv(tmp_path)

    result = run(tmp_path)

    assert result.allowed == 6
    assert result.denied_by_reason == {"subject_unknown": 1}
    assert "no address" not in result.output.read_text()


def test_a_suspended_destination_gets_nothing_until_it_is_resumed(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    suspend_destination(slug="ads", reason="contract ended", changed_by="officer", at=JUNE_1.replace(hour=10))

    assert run(tmp_path).denied_by_reason == {"destination_suspended": 7}

    resume_destination(slug="ads", reason="new contract", changed_by="officer", at=JUNE_1.replace(hour=11))
    assert run(tmp_path, overwrite=True).allowed == 2


def test_an_output_that_is_there_is_not_touched_unless_told(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    first = run(tmp_path)
    before = first.manifest.read_bytes()

    with pytest.raises(OutputExists, match="--overwrite"):
        run(tmp_path)

    assert first.manifest.read_bytes() == before
    assert EnforcementRun.objects.count() == 1
    assert run(tmp_path, overwrite=True).run_id != first.run_id
    assert first.manifest.read_bytes() != before


@pytest.mark.parametrize("name", ["out.csv.evidence", "out.csv.manifest.json"])
def test_evidence_without_its_output_is_not_overwritten_either(tmp_path: Path, name: str) -> None:
    make_world()
    write_csv(tmp_path)
    (tmp_path / name).write_text("kept")

    with pytest.raises(OutputExists):
        run(tmp_path)

    assert (tmp_path / name).read_text() == "kept"


@pytest.mark.parametrize(
    ("content", "changes", "error"),
    [
        (b"", {}, AudienceUnreadable),
        (b"name,x\na,1\n", {}, AudienceUnreadable),
        (b"customer_id\n1\n", {"purpose": "No Slug"}, MalformedOrder),
        (b"customer_id\n1\n", {"output_path": Path("audience.csv")}, MalformedOrder),
        (b"customer_id\n1\n", {"output_path": Path("out.parquet")}, MalformedOrder),
        (b"customer_id\n1\n", {"output_path": Path("missing/out.csv")}, OutputNotWritable),
        (b"customer_id\n1\n", {"input_path": Path("missing.csv")}, AudienceUnreadable),
    ],
)
def test_a_run_that_cannot_begin_writes_nothing(
    tmp_path: Path, content: bytes, changes: dict[str, str | Path], error: type[AccordantError]
) -> None:
    (tmp_path / "audience.csv").write_bytes(content)
    placed = {name: tmp_path / value if isinstance(value, Path) else value for name, value in changes.items()}

    with pytest.raises(error):
        run(tmp_path, overwrite=True, **placed)

    assert list_names(tmp_path) == ["audience.csv"]
    assert (tmp_path / "audience.csv").read_bytes() == content
    assert not EnforcementRun.objects.exists()


def test_an_obligation_that_cannot_be_honoured_stops_the_run(tmp_path: Path) -> None:
    make_world()
    (tmp_path / "audience.ndjson").write_text('{"customer_id": "00001", "email": ["c1@customers.example"]}\n')

    with pytest.raises(ObligationNotSupported):
        run(
            tmp_path,
            input_path=tmp_path / "audience.ndjson",
            output_path=tmp_path / "out.ndjson",
            identifiers={"customer_id": "customer_id"},
        )

    assert list_names(tmp_path) == ["audience.ndjson"]
    assert EnforcementRun.objects.get().status == RunStatus.FAILED


@pytest.mark.parametrize("size", [0, 350, 1500], ids=["output", "evidence", "manifest"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, size: int) -> None:
    make_world()
    write_csv(tmp_path)

    with full_disk(size), pytest.raises(OSError, match="too large"):
        run(tmp_path)

    assert assert_failed_without_a_trace(tmp_path).error == "OSError"
    assert run(tmp_path).allowed == 2


def test_a_malformed_row_late_in_the_file_leaves_nothing(tmp_path: Path) -> None:
    make_world()
    with write_csv(tmp_path).open("a") as file:
        file.write("00001,too few\n")

    with pytest.raises(AudienceUnreadable):
        run(tmp_path)

    failed = assert_failed_without_a_trace(tmp_path)
    assert "too few" not in failed.error


def test_an_interrupted_run_leaves_nothing(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path, progress=interrupt)

    assert assert_failed_without_a_trace(tmp_path).error == "KeyboardInterrupt"


@pytest.mark.parametrize("name", FINISHED[1:])
def test_a_delivery_that_fails_half_way_is_taken_back(tmp_path: Path, name: str) -> None:
    make_world()
    write_csv(tmp_path)

    def obstruct(_: int) -> None:
        (tmp_path / name).mkdir(exist_ok=True)

    with pytest.raises(OSError, match=r"directory|not permitted"):
        run(tmp_path, progress=obstruct)

    (tmp_path / name).rmdir()
    assert_failed_without_a_trace(tmp_path)


def test_an_audience_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    make_world()
    path = write_csv(tmp_path)

    def append(_: int) -> None:
        with path.open("a") as file:
            file.write("00002,,,\n")

    with pytest.raises(InputChanged):
        run(tmp_path, progress=append)

    assert_failed_without_a_trace(tmp_path)


def test_progress_is_told(tmp_path: Path) -> None:
    make_world()
    write_csv(tmp_path)
    told: list[int] = []
    progress: Callable[[int], None] = told.append

    run(tmp_path, progress=progress)

    assert told == [7]
