"""`verify_manifest` tells an outsider what a run let out, from the files alone."""

import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from activation.enforcement.services import signing_key
from activation.enforcement.types import RunResult
from consent.kernel.signing import SigningKey
from tests.enforcement_world import BRITON, GERMAN, STRANGER, WITHDRAWN, make_world, run, write_csv

pytestmark = pytest.mark.django_db


def make_run(folder: Path) -> RunResult:
    """Return a run over the audience, its files in `folder`."""
    make_world()
    write_csv(folder)
    return run(folder)


def verify(result: RunResult, *options: str) -> str:
    """Return what the command prints. It raises if anything fails."""
    out = StringIO()
    call_command("verify_manifest", str(result.manifest), *options, stdout=out)
    return out.getvalue()


def test_an_untouched_run_is_verified_line_by_line(tmp_path: Path) -> None:
    result = make_run(tmp_path)

    lines = verify(result).splitlines()

    assert lines[-1] == "verified"
    assert all(line.startswith("ok ") for line in lines[:-1])
    assert signing_key().verify_key.text in lines[0]


@pytest.mark.parametrize(
    "claim",
    [
        ("--present", f"customer_id:{GERMAN}"),
        ("--present", "email: C1@Customers.example "),
        ("--present", f"customer_id:{BRITON}"),
        ("--absent", f"customer_id:{WITHDRAWN}"),
        ("--absent", "email:c3@customers.example"),
        ("--absent", f"customer_id:{STRANGER}"),
        ("--absent", "customer_id:99999"),
    ],
)
def test_a_true_claim_is_verified(tmp_path: Path, claim: tuple[str, str]) -> None:
    assert verify(make_run(tmp_path), *claim).endswith("verified\n")


@pytest.mark.parametrize(
    "claim",
    [
        ("--absent", f"customer_id:{GERMAN}"),
        ("--present", f"customer_id:{WITHDRAWN}"),
        ("--present", "customer_id:99999"),
        ("--present", "customer_id:1"),
        ("--absent", GERMAN),
        ("--absent", "device_id:x"),
        ("--absent", "email:no address"),
        ("--absent", ""),
    ],
)
def test_a_false_or_unclear_claim_is_not_verified(tmp_path: Path, claim: tuple[str, str]) -> None:
    result = make_run(tmp_path)

    with pytest.raises(CommandError, match="not verified"):
        verify(result, *claim)


def test_someone_in_an_allowed_and_in_a_denied_row_is_present_and_the_denial_is_told(tmp_path: Path) -> None:
    make_world()
    (tmp_path / "audience.csv").write_text(f"customer_id,email\n{GERMAN},\n{GERMAN},c3@customers.example\n")
    result = run(tmp_path)

    told = verify(result, "--present", f"customer_id:{GERMAN}")

    assert "in the rows that left; rows with it were denied: identity_ambiguous" in told
    with pytest.raises(CommandError):
        verify(result, "--absent", f"customer_id:{GERMAN}")


def test_a_bare_identifier_is_enough_where_the_run_knew_one_kind(tmp_path: Path) -> None:
    make_world()
    (tmp_path / "audience.csv").write_text(f"customer_id\n{GERMAN}\n{WITHDRAWN}\n")
    result = run(tmp_path)

    assert verify(result, "--present", GERMAN).endswith("verified\n")
    assert verify(result, "--absent", WITHDRAWN).endswith("verified\n")


@pytest.mark.parametrize("name", ["output", "evidence", "manifest"])
def test_a_changed_byte_anywhere_is_not_verified(tmp_path: Path, name: str) -> None:
    result = make_run(tmp_path)
    path: Path = getattr(result, name)
    content = path.read_bytes()
    path.write_bytes(content[:60] + bytes([content[60] ^ 1]) + content[61:])

    with pytest.raises(CommandError, match="not verified"):
        verify(result)


@pytest.mark.parametrize("claim", [("--absent", f"customer_id:{GERMAN}"), ()])
def test_a_hash_taken_out_of_the_evidence_forges_no_absence(tmp_path: Path, claim: tuple[str, ...]) -> None:
    result = make_run(tmp_path)
    lines = result.evidence.read_bytes().splitlines(keepends=True)
    allowed = [index for index, line in enumerate(lines) if line.startswith(b'{"allowed"')]

    for index in allowed:
        result.evidence.write_bytes(b"".join(lines[:index] + lines[index + 1 :]))
        with pytest.raises(CommandError, match="not verified"):
            verify(result, *claim)


def test_the_evidence_of_another_run_is_not_taken(tmp_path: Path) -> None:
    first = make_run(tmp_path)
    other = run(tmp_path, output_path=tmp_path / "other.csv")

    with pytest.raises(CommandError, match="not verified"):
        verify(first, "--evidence", str(other.evidence))


def test_the_manifest_alone_is_verified_and_says_what_was_not(tmp_path: Path) -> None:
    result = make_run(tmp_path)
    result.output.unlink()
    result.evidence.unlink()

    assert verify(result).count("skipped") == 2
    with pytest.raises(CommandError, match="not verified"):
        verify(result, "--absent", "customer_id:99999")


def test_a_key_of_the_same_name_is_told_apart(tmp_path: Path) -> None:
    result = make_run(tmp_path)
    ours = signing_key().verify_key
    theirs = SigningKey.from_seed(ours.name, bytes(32)).verify_key
    (tmp_path / "key").write_text(ours.text + "\n")

    assert verify(result, "--key", str(tmp_path / "key")).endswith("verified\n")
    assert verify(result, "--key", ours.text).endswith("verified\n")
    with pytest.raises(CommandError, match="not verified"):
        verify(result, "--key", theirs.text)


@pytest.mark.parametrize("key", ["", "nonsense", "a+b+c"])
def test_what_is_no_key_is_refused(tmp_path: Path, key: str) -> None:
    result = make_run(tmp_path)

    with pytest.raises(CommandError, match="not verified"):
        verify(result, "--key", key)


def test_it_works_with_no_database(tmp_path: Path) -> None:
    result = make_run(tmp_path)

    finished = subprocess.run(
        [
            sys.executable,
            "manage.py",
            "verify_manifest",
            str(result.manifest),
            "--absent",
            "customer_id:99999",
        ],
        cwd=Path(__file__).resolve().parents[2],
        env={
            "PATH": "",
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere",
            "BROKER_URL": "redis://127.0.0.1:1",
        },
        capture_output=True,
        check=False,
        timeout=120,
    )

    assert finished.returncode == 0, finished.stderr.decode()
    assert finished.stdout.endswith(b"verified\n")
