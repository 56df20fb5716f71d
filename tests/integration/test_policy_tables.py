"""What the database itself refuses about policies, whoever asks."""

from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, QuerySet, Value
from django.db.models.functions import Concat

from consent.policies import services
from consent.policies.models import PolicyVersion, Purpose, Simulation
from consent.policies.models.part import Part
from consent.policies.types import ImportedPolicy, PolicyStatus
from tests.policy_officers import (
    FEB_1,
    JAN_1,
    MARCH_1,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
    see,
    submit,
)

pytestmark = pytest.mark.django_db

PARTS = [model for model in apps.get_models() if issubclass(model, Part)]

DIGEST = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # of the empty text


def row_of(version_id: int) -> dict[str, Any]:
    return dict(PolicyVersion.objects.values().get(pk=version_id))


def refused(version_id: int, **changes: object) -> str:
    """Return why the database refuses to change the row; fail if it does not, or if anything changed."""
    before = row_of(version_id)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        PolicyVersion.objects.filter(pk=version_id).update(**changes)
    assert row_of(version_id) == before
    return str(caught.value)


def seen(draft: ImportedPolicy) -> Simulation:
    """Return a simulation of the version's text."""
    see(draft)
    return Simulation.objects.order_by("-pk")[0]


def approval_of(draft: ImportedPolicy) -> dict[str, Any]:
    """Return all that an approval by Bob consists of."""
    return {
        "approver": make_officer("bob"),
        "approved_at": JAN_1,
        "confirmed_digest": draft.digest,
        "simulation": seen(draft),
    }


@pytest.mark.parametrize("make", [make_draft, make_submitted, make_approved])
@pytest.mark.parametrize("change", [{"key": "other"}, {"version": 7}, {"created_at": JAN_1}], ids=str)
def test_what_a_version_is_called_is_never_changed(make: Any, change: dict[str, Any]) -> None:
    assert "is never changed" in refused(make().version_id, **change)


@pytest.mark.parametrize("make", [make_submitted, make_approved])
@pytest.mark.parametrize(
    "change", [{"document": "", "digest": DIGEST}, {"title": "x"}, {"source": "x"}], ids=str
)
def test_a_text_is_only_changed_while_it_is_a_draft(make: Any, change: dict[str, Any]) -> None:
    assert "only changed while it is a draft" in refused(make().version_id, **change)


def test_a_text_is_not_changed_on_its_way_back_to_draft() -> None:
    reason = refused(make_submitted().version_id, status=PolicyStatus.DRAFT, document="", digest=DIGEST)

    assert "only changed while it is a draft" in reason


@pytest.mark.parametrize("make", [make_draft, make_submitted, make_approved])
def test_the_author_is_never_changed(make: Any) -> None:
    assert "never changed" in refused(make().version_id, author=make_officer("carol"))


@pytest.mark.parametrize(
    "change",
    [
        {"document": "", "digest": DIGEST},
        {"effective_at": MARCH_1},
        {"published_at": MARCH_1},
        {"approved_at": MARCH_1},
        {"status": PolicyStatus.DRAFT},
        {"status": PolicyStatus.PUBLISHED},
    ],
)
def test_nothing_of_a_published_version_is_ever_changed(change: dict[str, Any]) -> None:
    draft = make_published(FEB_1)

    assert "a published policy version is never changed" in refused(draft.version_id, **change)


def test_the_triggers_cannot_be_ignored() -> None:
    draft = make_published(FEB_1)

    with pgtrigger.ignore():
        assert "never changed" in refused(draft.version_id, effective_at=MARCH_1)


def test_an_approval_is_never_changed() -> None:
    draft = make_approved()

    assert "an approval is never changed" in refused(draft.version_id, approver=make_officer("carol"))


@pytest.mark.parametrize(
    ("make", "status"),
    [
        (make_draft, PolicyStatus.APPROVED),
        (make_draft, PolicyStatus.PUBLISHED),
        (make_submitted, PolicyStatus.PUBLISHED),
        (make_approved, PolicyStatus.IN_REVIEW),
    ],
)
def test_a_version_never_skips_a_step_or_goes_back(make: Any, status: PolicyStatus) -> None:
    assert "does not go from" in refused(make().version_id, status=status)


def test_the_author_is_not_the_approver() -> None:
    draft = make_submitted()

    reason = refused(
        draft.version_id,
        status=PolicyStatus.APPROVED,
        **{**approval_of(draft), "approver": make_officer("alice")},
    )

    assert "wrote a part of" in reason


def test_the_author_is_not_the_approver_even_if_no_step_says_who_wrote() -> None:
    alice = make_officer("alice")
    row = PolicyVersion.objects.create(
        key="k", version=1, title="K", document="", digest=DIGEST, author=alice
    )
    draft = ImportedPolicy(version_id=row.pk, key="k", version=1, digest=DIGEST)
    PolicyVersion.objects.update(status=PolicyStatus.IN_REVIEW)

    reason = refused(row.pk, status=PolicyStatus.APPROVED, **{**approval_of(draft), "approver": alice})

    assert "policyversion_author_is_not_approver" in reason


def test_nobody_approves_a_text_that_they_edited() -> None:
    draft = make_draft()
    bob = make_officer("bob")
    Purpose.objects.filter(version_id=draft.version_id, slug="service.orders").update(title="Your orders")
    digest = services.seal_draft(version_id=draft.version_id, officer_id=bob.pk, at=JAN_1)
    submit(draft)

    reason = refused(
        draft.version_id,
        status=PolicyStatus.APPROVED,
        **{**approval_of(draft), "confirmed_digest": digest},
    )

    assert "nobody approves a text that they wrote a part of" in reason


def test_an_approval_rests_on_a_simulation_of_that_very_text() -> None:
    other = seen(make_draft(title="Another"))
    draft = make_submitted()

    reason = refused(
        draft.version_id, status=PolicyStatus.APPROVED, **{**approval_of(draft), "simulation": other}
    )

    assert "with a simulation of that very text" in reason


def test_a_simulation_is_attached_to_the_text_that_was_simulated() -> None:
    draft = make_draft()
    row = Simulation(
        version_id=draft.version_id, digest=DIGEST, figures="", figures_digest=DIGEST, simulated_at=JAN_1
    )

    with pytest.raises(IntegrityError, match="attached to the text that was simulated"), transaction.atomic():
        row.save()


@pytest.mark.parametrize(
    "missing",
    [
        {"approver": None},
        {"approved_at": None},
        {"confirmed_digest": ""},
        {"confirmed_digest": DIGEST},
        {"simulation": None},
    ],
)
def test_an_approval_says_who_when_and_of_what(missing: dict[str, Any]) -> None:
    draft = make_submitted()
    approval = approval_of(draft)

    reason = refused(draft.version_id, status=PolicyStatus.APPROVED, **{**approval, **missing})

    assert "policyversion_approval_complete" in reason or "a simulation of that very text" in reason


@pytest.mark.parametrize("missing", [{"published_at": None}, {"effective_at": None}])
def test_a_publication_says_when(missing: dict[str, Any]) -> None:
    draft = make_approved()
    publication = {"published_at": JAN_1, "effective_at": JAN_1}

    reason = refused(draft.version_id, status=PolicyStatus.PUBLISHED, **{**publication, **missing})

    assert "policyversion_publication_complete" in reason


def test_only_a_published_version_has_a_time_to_take_effect() -> None:
    reason = refused(make_draft().version_id, effective_at=FEB_1)

    assert "policyversion_publication_complete" in reason


def test_two_published_versions_never_take_effect_at_one_time() -> None:
    make_published(FEB_1)
    second = make_approved(title="Second")

    reason = refused(second.version_id, status=PolicyStatus.PUBLISHED, published_at=JAN_1, effective_at=FEB_1)

    assert "policyversion_one_takes_effect_at_a_time" in reason


def insert(**changes: object) -> str:
    """Return why the database refuses a row that differs by `changes` from one that it takes."""
    fields: dict[str, Any] = {
        "key": "k",
        "version": 1,
        "title": "K",
        "document": "",
        "digest": DIGEST,
        "author": make_officer("alice"),
    }
    with transaction.atomic():
        PolicyVersion.objects.create(**fields)
        transaction.set_rollback(True)
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        PolicyVersion.objects.create(**{**fields, **changes})
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"document": "{}"}, "policyversion_digest_of_document"),
        ({"digest": DIGEST.upper()}, "policyversion_digest_of_document"),
        ({"digest": DIGEST.removeprefix("sha256:")}, "policyversion_digest_of_document"),
        ({"version": 0}, "policyversion_numbers_from_one"),
        ({"status": "whim"}, "begins as a draft"),
        ({"status": "published"}, "begins as a draft"),
    ],
)
def test_a_row_that_contradicts_itself_is_refused(changes: dict[str, Any], constraint: str) -> None:
    assert constraint in insert(**changes)


def test_a_version_number_is_given_once() -> None:
    draft = make_draft()
    row = PolicyVersion.objects.get(pk=draft.version_id)
    row.pk = None

    with pytest.raises(IntegrityError, match="policyversion_number_once"), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize("make", [make_draft, make_published])
def test_a_version_is_never_deleted(make: Any) -> None:
    draft = make()

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        PolicyVersion.objects.filter(pk=draft.version_id)._raw_delete("default")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit: nothing else bars TRUNCATE
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute("TRUNCATE consent_policies_policyversion CASCADE")

    assert row_of(draft.version_id)


def test_a_version_declares_a_purpose_once() -> None:
    row = Purpose.objects.filter(version_id=make_draft().version_id).order_by("pk")[0]
    row.pk = None

    with pytest.raises(IntegrityError, match="purpose_once"), transaction.atomic():
        row.save(force_insert=True)


def hang_from(model: type[Model], version_id: int) -> "QuerySet[Any]":
    """Return the rows of `model` that a version is made of."""
    owners = {
        "NoticeVersion": "notice",
        "NoticeText": "notice_version__notice",
        "RegisteredProperty": "destination",
    }
    owner = owners.get(model.__name__, "rule")
    has_version = any(field.name == "version" for field in model._meta.fields)
    return model._default_manager.filter(
        **{"version_id" if has_version else f"{owner}__version_id": version_id}
    )


def rewrite(rows: "QuerySet[Any]") -> None:
    """Write the rows anew as they are."""
    with connection.cursor() as cursor:
        table, keys = rows.model._meta.db_table, [row.pk for row in rows]
        cursor.execute(f"UPDATE {table} SET id = id WHERE id = ANY(%s)", [keys])  # noqa: S608 - names of ours


@pytest.mark.parametrize("model", PARTS, ids=lambda model: model.__name__)
@pytest.mark.parametrize("make", [make_submitted, make_approved, make_published])
def test_the_rows_of_a_version_stand_still_once_it_is_no_draft(make: Any, model: type[Model]) -> None:
    rows = hang_from(model, make().version_id)
    before = list(rows.order_by("pk").values())
    copy = rows.order_by("pk")[0]
    copy.pk = None

    with pytest.raises(IntegrityError, match="only a draft is edited"), transaction.atomic():
        rewrite(rows)
    with pytest.raises(IntegrityError, match="only a draft is edited"), transaction.atomic():
        rows._raw_delete("default")
    with pytest.raises(IntegrityError, match="only a draft is edited"), transaction.atomic():
        copy.save(force_insert=True)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit: nothing else bars TRUNCATE
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")

    assert before
    assert list(rows.order_by("pk").values()) == before


def test_a_row_is_not_moved_into_a_version_that_is_no_draft() -> None:
    published, draft = make_published(), make_draft()
    rows = Purpose.objects.filter(version_id=draft.version_id, slug="service.orders")

    for version in (published, draft):
        with pytest.raises(IntegrityError, match="only a draft is edited"), transaction.atomic():
            Purpose.objects.filter(version_id=version.version_id).update(
                version_id=published.version_id, slug=Concat("slug", Value(".x"))
            )

    assert rows.count() == 1


def test_the_clock_of_creation_is_the_databases() -> None:
    draft = make_draft()

    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    assert abs(row_of(draft.version_id)["created_at"] - now) < timedelta(minutes=1)
