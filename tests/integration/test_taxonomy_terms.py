"""An organisation's own terms: what the table refuses, who writes them, and what policies may then name."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings

from consent.kernel import canonical
from consent.ledger.types import Stream
from consent.policies import curating, queries, services
from consent.policies.curating import UnknownParent
from consent.policies.models import TaxonomyTerm
from consent.policies.services import PolicyRefused
from consent.policies.taxonomy.fides_manifest import ManifestRefused
from consent.policies.taxonomy.fides_writing import write_manifest
from consent.policies.taxonomy.terms import Term, TermCounts, TermKind
from tests.fides_manifests import MANIFEST, term_lists
from tests.ledger_world import read_entries
from tests.policy_officers import FEB_1, JAN_1, make_officer, make_text

pytestmark = pytest.mark.django_db

LETTERS = Term(kind=TermKind.DATA_USE, key="marketing.letters", name="Letters")


def make_row(**changes: Any) -> TaxonomyTerm:
    fields = {"kind": "data_use", "key": "marketing.letters", "name": "Letters", "changed_at": JAN_1}
    return TaxonomyTerm(**{**fields, **changes})


def import_manifest(text: str = MANIFEST, **options: Any) -> TermCounts:
    return curating.import_terms(text=text, file="fides.yml", at=JAN_1, **options)


def events() -> list[tuple[str, dict[str, Any]]]:
    entries = [entry for entry in read_entries() if entry.stream is Stream.POLICY]
    return [(entry.kind, canonical.loads(entry.envelope)["body"]) for entry in entries]


def rows() -> dict[str, tuple[str, bool, str]]:
    return {row.key: (row.name, row.active, row.source) for row in TaxonomyTerm.objects.order_by("pk")}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"kind": "data_subject", "key": "a-b_1"},
        {"kind": "data_subject", "key": "a" * 64},
        {"kind": "data_category", "key": "a" * 128},
        {"description": "Two\nlines."},
        {"active": False},
        {"source": "fides", "file": "fides.yml"},
    ],
)
def test_django_and_the_database_accept_the_same_terms(changes: dict[str, Any]) -> None:
    make_row(**changes).full_clean()
    make_row(**changes).save()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "data_thing"}, "not a valid choice"),
        ({"kind": ""}, "cannot be blank"),
        ({"key": ""}, "cannot be blank"),
        ({"key": "Marketing"}, "Write the key of a data use"),
        ({"key": "a..b"}, "Write the key of a data use"),
        ({"key": ".a"}, "Write the key of a data use"),
        ({"key": "a-b"}, "Write the key of a data use"),
        ({"key": "a\n"}, "Write the key of a data use"),
        ({"key": "ü"}, "Write the key of a data use"),
        ({"key": "a" * 129}, "at most 128 characters"),
        ({"kind": "data_subject", "key": "a.b"}, "of a data subject as lower-case letters"),
        ({"kind": "data_subject", "key": "a" * 65}, "of a data subject as lower-case letters"),
        ({"name": ""}, "cannot be blank"),
        ({"name": "  "}, "Write the name on one line"),
        ({"name": "two\nlines"}, "Write the name on one line"),
        ({"name": "a" * 201}, "at most 200 characters"),
        ({"description": "a" * 2001}, "at most 2000 characters"),
        ({"source": "somebody"}, "not a valid choice"),
        ({"source": "fides", "file": ""}, "A term has a file"),
        ({"source": "officer", "file": "fides.yml"}, "A term has a file"),
    ],
    ids=str,
)
def test_django_and_the_database_refuse_the_same_terms(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError) as caught:
        make_row(**changes).full_clean()
    with pytest.raises(DatabaseError), transaction.atomic():
        make_row(**changes).save()

    assert any(words in message for message in caught.value.messages)
    assert not TaxonomyTerm.objects.exists()


def test_a_key_stands_once_in_its_kind() -> None:
    make_row().save()
    make_row(kind="data_category").save()

    with pytest.raises(ValidationError, match="has a term with this key already"):
        make_row().full_clean()
    with pytest.raises(DatabaseError), transaction.atomic():
        make_row().save()


def test_an_import_writes_what_fideslang_does_not_ship() -> None:
    assert import_manifest() == TermCounts(added=4, shipped=1)

    assert rows() == {
        "marketing.letters": ("Letters", True, "fides"),
        "sales": ("Sales", False, "fides"),
        "user.loyalty": ("Loyalty", True, "fides"),
        "collector": ("Collector", True, "fides"),
    }


def test_the_same_import_again_changes_nothing() -> None:
    import_manifest()
    before = list(TaxonomyTerm.objects.order_by("pk").values())

    assert import_manifest() == TermCounts(unchanged=4, shipped=1)

    assert list(TaxonomyTerm.objects.order_by("pk").values()) == before
    assert len(events()) == 1


def test_an_import_is_an_event_with_its_counts_and_the_files_digest() -> None:
    officer = make_officer("alice")

    import_manifest(officer_id=officer.pk)

    ((kind, body),) = events()
    assert kind == "taxonomy_imported"
    assert body["officer"] == officer.pk
    assert body["counts"] == {"added": 4, "changed": 0, "unchanged": 0, "kept": 0, "shipped": 1}
    assert body["file_digest"].startswith("sha256:")


def test_a_manifest_with_faults_writes_nothing() -> None:
    with pytest.raises(ManifestRefused, match="systems"):
        import_manifest(MANIFEST + "systems: []\n")

    assert not TaxonomyTerm.objects.exists()
    assert not events()


def test_a_check_tells_what_an_import_would_do_and_writes_nothing() -> None:
    assert curating.check_terms(text=MANIFEST) == TermCounts(added=4, shipped=1)

    assert not TaxonomyTerm.objects.exists()


def test_a_term_that_changed_in_fides_changes_here() -> None:
    import_manifest()

    assert import_manifest(MANIFEST.replace("Letters that sell", "Post")).changed == 1

    assert TaxonomyTerm.objects.get(key="marketing.letters").description == "Post."


def test_what_an_officer_wrote_is_kept_unless_it_is_to_be_replaced() -> None:
    import_manifest()
    curating.save_term(
        term=Term(kind=TermKind.DATA_USE, key="marketing.letters", name="Post"), officer_id=None, at=FEB_1
    )

    assert import_manifest() == TermCounts(unchanged=3, kept=1, shipped=1)
    assert rows()["marketing.letters"] == ("Post", True, "officer")

    assert import_manifest(replace=True) == TermCounts(unchanged=3, changed=1, shipped=1)
    assert rows()["marketing.letters"] == ("Letters", True, "fides")


def test_a_term_of_fideslang_that_is_switched_on_again_is_on_here() -> None:
    import_manifest()

    import_manifest("data_use: [{fides_key: sales, name: Sales}]")

    assert queries.get_vocabulary().is_usable(TermKind.DATA_USE, "sales")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(term_lists())
def test_an_import_of_an_export_changes_nothing(terms: list[Term]) -> None:
    TaxonomyTerm.objects.all().delete()
    import_manifest(write_manifest(terms))
    stored = queries.list_terms()

    counts = import_manifest(write_manifest(stored))

    assert (counts.added, counts.changed, counts.kept) == (0, 0, 0)
    assert queries.list_terms() == stored
    assert set(stored) <= set(terms)
    assert len(stored) + counts.shipped == len(terms) or counts.shipped == 0


def test_an_officers_term_is_an_event() -> None:
    officer = make_officer("alice")

    curating.save_term(term=LETTERS, officer_id=officer.pk, at=JAN_1)

    ((kind, body),) = events()
    assert kind == "taxonomy_term_written"
    assert (body["officer"], body["term_kind"], body["key"]) == (officer.pk, "data_use", "marketing.letters")
    assert rows() == {"marketing.letters": ("Letters", True, "officer")}


def test_a_term_below_one_that_nobody_knows_is_refused() -> None:
    with pytest.raises(UnknownParent, match=r"'marketting', is not known: add it first"):
        curating.save_term(
            term=Term(kind=TermKind.DATA_USE, key="marketting.letters", name="X"), officer_id=None, at=JAN_1
        )

    assert not TaxonomyTerm.objects.exists()
    assert not events()


def test_a_policy_may_name_the_organisations_own_terms() -> None:
    text = make_text().replace("marketing.communications.email", "marketing.letters")

    with pytest.raises(PolicyRefused, match=r"unknown data use 'marketing\.letters'"):
        services.check_policy(text=text)
    curating.save_term(term=LETTERS, officer_id=None, at=JAN_1)

    assert services.check_policy(text=text)


def test_a_policy_may_not_name_what_is_switched_off() -> None:
    off = Term(kind=TermKind.DATA_USE, key="marketing", name="Marketing", active=False)
    curating.save_term(term=off, officer_id=None, at=JAN_1)

    with pytest.raises(PolicyRefused, match="'marketing' is switched off in your taxonomy"):
        services.import_policy(text=make_text(), author_id=make_officer("alice").pk, at=JAN_1)
