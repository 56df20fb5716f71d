"""What the database itself refuses about policies, whoever asks."""

from datetime import timedelta
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction

from consent.policies.models import PolicyVersion, Purpose
from consent.policies.types import PolicyStatus
from tests.policy_officers import (
    FEB_1,
    JAN_1,
    MARCH_1,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
)

pytestmark = pytest.mark.django_db

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


@pytest.mark.parametrize("make", [make_draft, make_submitted, make_approved])
@pytest.mark.parametrize(
    "change",
    [
        {"document": "", "digest": DIGEST},
        {"key": "other"},
        {"version": 7},
        {"created_at": JAN_1},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_was_imported_is_never_changed(make: Any, change: dict[str, Any]) -> None:
    assert "the text of a policy version is never changed" in refused(make().version_id, **change)


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
        (make_submitted, PolicyStatus.DRAFT),
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
        approver=make_officer("alice"),
        approved_at=JAN_1,
        confirmed_digest=draft.digest,
    )

    assert "policyversion_author_is_not_approver" in reason


@pytest.mark.parametrize(
    "missing",
    [{"approver": None}, {"approved_at": None}, {"confirmed_digest": ""}, {"confirmed_digest": DIGEST}],
)
def test_an_approval_says_who_when_and_of_what(missing: dict[str, Any]) -> None:
    draft = make_submitted()
    approval = {"approver": make_officer("bob"), "approved_at": JAN_1, "confirmed_digest": draft.digest}

    reason = refused(draft.version_id, status=PolicyStatus.APPROVED, **{**approval, **missing})

    assert "policyversion_approval_complete" in reason


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
        "key": "k", "version": 1, "document": "", "digest": DIGEST, "author": make_officer("alice"),
    }  # fmt: skip
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
        ({"status": "whim"}, "policyversion_approval_complete"),
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

    with pytest.raises(IntegrityError, match="purpose_once_in_a_version"), transaction.atomic():
        row.save(force_insert=True)


def test_purposes_are_never_changed() -> None:
    draft = make_draft()
    before = list(Purpose.objects.order_by("pk").values())

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Purpose.objects.update(title="x")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        Purpose.objects.all()._raw_delete("default")

    assert list(Purpose.objects.order_by("pk").values()) == before
    assert Purpose.objects.filter(version_id=draft.version_id).count() == 2


def test_the_clock_of_creation_is_the_databases() -> None:
    draft = make_draft()

    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now = cursor.fetchone()[0]
    assert abs(row_of(draft.version_id)["created_at"] - now) < timedelta(minutes=1)
