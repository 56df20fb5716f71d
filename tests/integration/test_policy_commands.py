"""`import_policy` and `export_policy` as an officer types them."""

from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from consent.policies import services
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.models import PolicyVersion
from tests.policy_documents import RETAILER, make_document
from tests.policy_officers import make_approved, make_draft, make_officer, make_published, make_text

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def write(folder: Path, text: str | bytes) -> str:
    file = folder / "policy.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(file)


def test_an_import_prints_the_digest() -> None:
    make_officer("alice")

    printed = run("import_policy", str(RETAILER), "--author", "alice")

    row = PolicyVersion.objects.get()
    assert row.author.username == "alice"
    assert printed.splitlines() == ["retailer version 1 (draft)", row.digest]


def test_a_dry_run_prints_the_digest_and_writes_nothing(tmp_path: Path) -> None:
    printed = run("import_policy", write(tmp_path, make_text()), "--dry-run")

    assert seal(make_document())[1] in printed
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--author", "alice"]])
def test_every_fault_is_a_line(tmp_path: Path, arguments: list[str]) -> None:
    make_officer("alice")
    text = make_text().replace("basis: consent", "basis: whim").replace("country: US", "country: UK")
    out = StringIO()

    with pytest.raises(CommandError, match="faults: 2; nothing was written") as caught:
        call_command("import_policy", write(tmp_path, text), *arguments, stdout=out)

    assert caught.value.returncode == 1
    lines = out.getvalue().splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["destinations.ads.country", "rules[0].basis"]
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "name the officer"), (["--author", "nobody"], "there is no officer 'nobody'")],
)
def test_a_text_has_an_author(tmp_path: Path, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("import_policy", write(tmp_path, make_text()), *arguments)

    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [(b"title: \xff", "not UTF-8 at byte 7"), (b"#" * 8_000_001, "larger than")],
    ids=["not UTF-8", "too large"],
)
def test_a_file_that_cannot_be_a_policy_is_named(tmp_path: Path, text: bytes, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("import_policy", write(tmp_path, text), "--dry-run")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be read: No such file"):
        run("import_policy", str(tmp_path / "none.yaml"), "--dry-run")


def test_a_version_is_exported_as_yaml_that_imports_to_the_same_digest() -> None:
    draft = make_draft()

    assert seal(read_yaml(run("export_policy", "1")))[1] == draft.digest


def test_without_a_number_the_version_in_force_is_exported() -> None:
    make_draft(title="A draft")
    draft = make_approved(title="In force")
    now = timezone.now()
    services.publish(version_id=draft.version_id, effective_at=now, at=now)

    assert read_yaml(run("export_policy"))["title"] == "In force"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([], "no policy is in force"), (["7"], "there is no version 7"), (["1"], "add --key")],
)
def test_an_export_of_what_is_not_there_or_not_clear_is_refused(arguments: list[str], words: str) -> None:
    make_draft(key="shop")
    make_published(timezone.now() + timedelta(days=1), key="other")

    with pytest.raises(CommandError, match=words):
        run("export_policy", *arguments)


def test_a_key_makes_clear_which_policy_is_exported() -> None:
    make_draft(key="shop", title="Shop")
    make_draft(key="other", title="Other")

    assert read_yaml(run("export_policy", "1", "--key", "other"))["title"] == "Other"
