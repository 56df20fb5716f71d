"""`import_fides` and `export_fides` as an officer types them."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from consent.kernel import canonical
from consent.policies.document.reading import read_yaml
from consent.policies.models import PolicyVersion, TaxonomyTerm
from tests.fides_manifests import MANIFEST
from tests.ledger_world import read_entries
from tests.policy_officers import make_draft, make_officer, make_published

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    file = tmp_path / "fides.yml"
    file.write_text(MANIFEST, encoding="utf-8")
    return str(file)


def test_an_import_tells_what_became_of_the_file(manifest: str) -> None:
    officer = make_officer("alice")

    assert run("import_fides", manifest, "--author", "alice").splitlines() == [
        "terms: 4 added, 0 changed, 0 unchanged, 0 kept, 1 shipped",
        "not carried over: dataset, 2",
        "not carried over: organization, 1",
        "not carried over: system, 3: begin a policy with --policy KEY --output FILE",
    ]
    assert set(TaxonomyTerm.objects.values_list("file", flat=True)) == {"fides.yml"}
    assert canonical.loads(read_entries()[-1].envelope)["body"]["officer"] == officer.pk


def test_a_dry_run_writes_nothing(manifest: str, tmp_path: Path) -> None:
    output = tmp_path / "policy.yaml"

    printed = run("import_fides", manifest, "--dry-run", "--policy", "moved", "--output", str(output))

    assert "4 added" in printed
    assert "a dry run: nothing was written" in printed
    assert "to fill in: 10" in printed
    assert not output.exists()
    assert not TaxonomyTerm.objects.exists()


def test_every_fault_is_a_line_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "fides.yml"
    file.write_text(
        MANIFEST.replace("fides_key: sales", "fides_key: Sales") + "systems: []\n", encoding="utf-8"
    )
    out = StringIO()

    with pytest.raises(CommandError, match="faults: 2; nothing was written"):
        call_command("import_fides", str(file), stdout=out)

    lines = out.getvalue().splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["data_use[2].fides_key", "systems"]
    assert not TaxonomyTerm.objects.exists()


def test_systems_begin_a_policy_that_is_refused_until_it_is_filled_in(manifest: str, tmp_path: Path) -> None:
    make_officer("alice")
    output = tmp_path / "policy.yaml"

    printed = run("import_fides", manifest, "--policy", "moved", "--output", str(output))

    assert "to fill in: 10" in printed
    assert "destinations.clinic.country: found null" in printed
    document = read_yaml(output.read_text(encoding="utf-8"))
    assert document["policy"] == "moved"
    assert list(document["purposes"]) == ["analytics", "marketing.letters"]
    with pytest.raises(CommandError, match="faults: 10; nothing was written"):
        run("import_policy", str(output), "--author", "alice")
    assert not PolicyVersion.objects.exists()


def test_a_file_that_is_there_is_not_overwritten(manifest: str, tmp_path: Path) -> None:
    output = tmp_path / "policy.yaml"
    output.write_text("mine", encoding="utf-8")

    with pytest.raises(CommandError, match="is there already"):
        run("import_fides", manifest, "--policy", "moved", "--output", str(output))

    assert output.read_text(encoding="utf-8") == "mine"
    assert not TaxonomyTerm.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--policy", "moved"], "--policy KEY and --output FILE go together"),
        (["--output", "policy.yaml"], "--policy KEY and --output FILE go together"),
        (["--author", "nobody"], "there is no officer 'nobody'"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(manifest: str, arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run("import_fides", manifest, *arguments)

    assert not TaxonomyTerm.objects.exists()


def test_a_policy_does_not_begin_from_terms_alone(tmp_path: Path) -> None:
    file = tmp_path / "fides.yml"
    file.write_text("data_subject: [{fides_key: collector}]", encoding="utf-8")

    with pytest.raises(CommandError, match="no system in the file declares a use"):
        run("import_fides", str(file), "--policy", "moved", "--output", str(tmp_path / "policy.yaml"))


def test_an_export_holds_the_terms_and_the_systems_of_a_version(manifest: str) -> None:
    run("import_fides", manifest)
    make_draft()

    exported = read_yaml(run("export_fides", "1"))

    assert [one["fides_key"] for one in exported["data_use"]] == ["marketing.letters", "sales"]
    assert [one["fides_key"] for one in exported["system"]] == ["ads", "mailer"]


def test_an_export_imports_again_without_a_change(manifest: str, tmp_path: Path) -> None:
    run("import_fides", manifest)
    make_published()
    file = tmp_path / "again.yml"
    file.write_text(run("export_fides"), encoding="utf-8")

    assert "terms: 0 added, 0 changed, 4 unchanged, 0 kept, 0 shipped" in run("import_fides", str(file))
    assert [one["fides_key"] for one in read_yaml(file.read_text(encoding="utf-8"))["system"]] == [
        "ads",
        "mailer",
    ]


def test_an_export_without_a_policy_holds_the_terms_alone(manifest: str) -> None:
    run("import_fides", manifest)

    assert set(read_yaml(run("export_fides"))) == {"data_use", "data_category", "data_subject"}


def test_an_export_of_a_version_that_is_not_there_is_refused() -> None:
    with pytest.raises(CommandError, match="there is no version 7"):
        run("export_fides", "7")
