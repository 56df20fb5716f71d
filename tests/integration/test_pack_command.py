"""`import_policy --pack` and `--list-packs` as an officer types them."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from consent.policies import services
from consent.policies.document.normalising import normalise
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.models import PolicyVersion
from consent.policies.packs import list_packs, read_pack
from consent.policies.types import ImportedPolicy, PolicyStatus
from tests.policy_officers import JAN_1, approve, make_officer, submit

pytestmark = pytest.mark.django_db

NAMES = [pack.name for pack in list_packs()]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_policy", *arguments, stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_pack_becomes_a_draft(name: str) -> None:
    make_officer("alice")

    printed = run("--pack", name, "--author", "alice")

    row = PolicyVersion.objects.get()
    assert (row.status, row.author.username) == (PolicyStatus.DRAFT, "alice")
    assert row.digest == seal(normalise(read_yaml(read_pack(name))))[1]
    assert printed.splitlines() == [f"{row.key} version 1 (draft)", row.digest]


def test_a_pack_goes_the_way_of_every_policy() -> None:
    make_officer("alice")
    run("--pack", "health_app", "--author", "alice")
    row = PolicyVersion.objects.get()

    draft = ImportedPolicy(version_id=row.pk, key=row.key, version=1, digest=row.digest)
    submit(draft)
    approve(draft)
    services.publish(version_id=row.pk, effective_at=JAN_1, at=JAN_1)

    assert PolicyVersion.objects.get().status == PolicyStatus.PUBLISHED


@pytest.mark.parametrize("name", NAMES)
def test_a_dry_run_of_a_pack_writes_nothing(name: str) -> None:
    assert "no faults; nothing was written" in run("--pack", name, "--dry-run")
    assert not PolicyVersion.objects.exists()


def test_packs_are_listed_with_their_languages() -> None:
    printed = run("--list-packs")

    assert [line.partition(":")[0] for line in printed.splitlines()[::2]] == NAMES
    assert "retailer: Online shop (example); notices in de, en, fr, pt" in printed


def test_an_unknown_pack_is_answered_with_those_there_are() -> None:
    with pytest.raises(
        CommandError, match="no pack 'bakery'; expected one of health_app, publisher, retailer"
    ):
        run("--pack", "bakery", "--dry-run")

    assert not PolicyVersion.objects.exists()


def test_a_pack_has_an_author() -> None:
    with pytest.raises(CommandError, match="name the officer"):
        run("--pack", "saas")

    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["policy.yaml", "--pack", "saas"], "not allowed with"),
        (["--pack", "saas", "--list-packs"], "not allowed with"),
        (["--author", "alice"], "one of the arguments"),
    ],
)
def test_one_source_is_named_and_no_more(arguments: list[str], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        run(*arguments)

    assert not PolicyVersion.objects.exists()
