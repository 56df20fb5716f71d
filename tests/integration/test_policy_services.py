"""A policy's way from text to publication."""

import hashlib
from datetime import datetime, timedelta
from typing import Any

import pytest

from consent.kernel import canonical
from consent.ledger.types import Stream
from consent.policies import queries, services
from consent.policies.models import PolicyVersion, Purpose, Simulation
from consent.policies.services import (
    DigestChanged,
    EffectiveTimeRefused,
    NewerVersionPublished,
    PolicyRefused,
    SelfApproval,
    VersionNotFound,
    WrongStatus,
)
from consent.policies.types import PolicyStatus
from tests import policy_officers as officers
from tests.ledger_world import read_entries
from tests.policy_documents import RETAILER, make_document
from tests.policy_officers import (
    FEB_1,
    JAN_1,
    MARCH_1,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
    make_text,
    see,
)

pytestmark = pytest.mark.django_db


def status_of(version_id: int) -> str:
    return PolicyVersion.objects.get(pk=version_id).status


def events() -> list[tuple[str, dict[str, Any]]]:
    """Return kind and body of what the ledger holds on policies, oldest first."""
    entries = [entry for entry in read_entries() if entry.stream is Stream.POLICY]
    return [(entry.kind, canonical.loads(entry.envelope)["body"]) for entry in entries]


def test_an_import_makes_a_draft_of_the_canonical_document() -> None:
    draft = make_draft()

    row = PolicyVersion.objects.get(pk=draft.version_id)
    assert (row.key, row.version, row.status) == ("shop", 1, PolicyStatus.DRAFT)
    assert row.document.encode() == canonical.dumps(make_document())
    assert draft.digest == row.digest == f"sha256:{hashlib.sha256(row.document.encode()).hexdigest()}"


def test_versions_are_numbered_for_each_policy() -> None:
    drafts = [make_draft(), make_draft(title="Again"), make_draft(key="other"), make_draft()]

    assert [(draft.key, draft.version) for draft in drafts] == [
        ("shop", 1),
        ("shop", 2),
        ("other", 1),
        ("shop", 3),
    ]


def test_an_import_writes_the_purposes_to_browse() -> None:
    draft = make_draft()

    rows = Purpose.objects.filter(version_id=draft.version_id).order_by("slug")
    assert [row.slug for row in rows] == ["marketing.email", "service.orders"]
    assert rows[0].title == "Offers by e-mail"
    assert rows[0].data_use == "marketing.communications.email"
    assert rows[0].data_categories == ["contact.email"]
    assert rows[0].status == "active"


def test_the_demo_policy_is_imported() -> None:
    text = RETAILER.read_text(encoding="utf-8")

    draft = services.import_policy(text=text, author_id=make_officer("alice").pk, at=JAN_1)

    assert draft.key == "retailer"
    assert Purpose.objects.filter(version_id=draft.version_id).count() == 11
    assert services.check_policy(text=text) == draft.digest


TWO_FAULTS = make_text().replace("basis: consent", "basis: whim").replace("country: US", "country: UK")


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("a: 1\na: 2", ["line 2"]),
        ("- a list", ["line 1"]),
        (TWO_FAULTS, ["destinations.ads.country", "rules[0].basis"]),
    ],
)
def test_a_document_with_faults_is_refused_whole(text: str, paths: list[str]) -> None:
    author = make_officer("alice")

    with pytest.raises(PolicyRefused) as caught:
        services.import_policy(text=text, author_id=author.pk, at=JAN_1)

    assert [fault.path for fault in caught.value.faults] == paths
    assert all(path in str(caught.value) for path in paths)
    assert not PolicyVersion.objects.exists()
    assert not Purpose.objects.exists()
    assert not events()


def test_a_version_goes_from_draft_to_published() -> None:
    draft = make_draft()
    officers.submit(draft)
    assert status_of(draft.version_id) == PolicyStatus.IN_REVIEW

    bob = make_officer("bob")
    officers.approve(draft, at=FEB_1)
    row = PolicyVersion.objects.get(pk=draft.version_id)
    assert (row.status, row.approver_id, row.approved_at) == (PolicyStatus.APPROVED, bob.pk, FEB_1)
    assert row.confirmed_digest == draft.digest

    services.publish(version_id=draft.version_id, effective_at=MARCH_1, at=FEB_1)
    row = PolicyVersion.objects.get(pk=draft.version_id)
    assert (row.status, row.published_at, row.effective_at) == (PolicyStatus.PUBLISHED, FEB_1, MARCH_1)


def test_every_step_is_an_event_in_the_ledger() -> None:
    draft = make_published(FEB_1)

    alice, bob = make_officer("alice").pk, make_officer("bob").pk
    figures = Simulation.objects.get().figures_digest
    jan_1 = "2026-01-01T00:00:00.000000Z"
    version = {"policy": "shop", "version": 1, "digest": draft.digest, "at": jan_1}
    assert events() == [
        ("policy_imported", {**version, "officer": alice}),
        ("policy_submitted", {**version, "officer": None}),
        ("policy_simulated", {**version, "officer": None, "figures_digest": figures}),
        ("policy_approved", {**version, "officer": bob, "author": alice, "figures_digest": figures}),
        ("policy_published", {**version, "officer": None, "effective_at": "2026-02-01T00:00:00.000000Z"}),
    ]


def test_the_author_cannot_approve() -> None:
    draft = make_submitted()
    figures = see(draft)
    before = events()

    with pytest.raises(SelfApproval):
        services.approve(
            version_id=draft.version_id,
            approver_id=make_officer("alice").pk,
            confirmed_digest=draft.digest,
            confirmed_figures=figures,
            at=JAN_1,
        )

    assert status_of(draft.version_id) == PolicyStatus.IN_REVIEW
    assert events() == before


def test_an_approver_confirms_the_text_that_is_approved() -> None:
    draft = make_submitted()
    other = make_draft(title="Another text")
    figures = see(draft)
    before = events()

    with pytest.raises(DigestChanged):
        services.approve(
            version_id=draft.version_id,
            approver_id=make_officer("bob").pk,
            confirmed_digest=other.digest,
            confirmed_figures=figures,
            at=JAN_1,
        )

    assert status_of(draft.version_id) == PolicyStatus.IN_REVIEW
    assert events() == before


def submit(version_id: int, digest: str) -> None:
    services.submit_for_review(version_id=version_id, at=JAN_1)


def approve(version_id: int, digest: str) -> None:
    bob = make_officer("bob")
    services.approve(
        version_id=version_id, approver_id=bob.pk, confirmed_digest=digest, confirmed_figures="", at=JAN_1
    )


def publish(version_id: int, digest: str) -> None:
    services.publish(version_id=version_id, effective_at=FEB_1, at=JAN_1)


@pytest.mark.parametrize(
    ("make", "step"),
    [
        (make_draft, approve),
        (make_draft, publish),
        (make_submitted, submit),
        (make_submitted, publish),
        (make_approved, submit),
        (make_approved, approve),
        (make_published, submit),
        (make_published, approve),
        (make_published, publish),
    ],
)
def test_a_step_is_taken_from_where_it_begins_and_from_nowhere_else(make: Any, step: Any) -> None:
    draft = make()
    before = (status_of(draft.version_id), events())

    with pytest.raises(WrongStatus):
        step(draft.version_id, draft.digest)

    assert (status_of(draft.version_id), events()) == before


@pytest.mark.parametrize("step", [submit, approve, publish])
def test_a_version_that_does_not_exist_is_named_so(step: Any) -> None:
    with pytest.raises(VersionNotFound):
        step(10**9, "sha256:")


def test_a_policy_cannot_take_effect_in_the_past() -> None:
    draft = make_approved()

    with pytest.raises(EffectiveTimeRefused):
        services.publish(version_id=draft.version_id, effective_at=FEB_1 - timedelta(seconds=61), at=FEB_1)
    assert status_of(draft.version_id) == PolicyStatus.APPROVED

    services.publish(version_id=draft.version_id, effective_at=FEB_1 - timedelta(seconds=60), at=FEB_1)
    assert status_of(draft.version_id) == PolicyStatus.PUBLISHED


def test_two_versions_cannot_take_effect_at_one_time() -> None:
    make_published(FEB_1)
    second = make_approved(title="Second")

    with pytest.raises(EffectiveTimeRefused, match="shop 1 takes effect at that very time"):
        services.publish(version_id=second.version_id, effective_at=FEB_1, at=JAN_1)

    assert status_of(second.version_id) == PolicyStatus.APPROVED


def test_an_older_version_cannot_undo_a_newer_one() -> None:
    first = make_approved(title="First")
    make_published(FEB_1)

    with pytest.raises(NewerVersionPublished, match="shop 2 is published already"):
        services.publish(version_id=first.version_id, effective_at=MARCH_1, at=JAN_1)

    assert status_of(first.version_id) == PolicyStatus.APPROVED


def test_a_rollback_is_the_old_text_as_a_new_version() -> None:
    first = make_published(JAN_1, title="First")
    make_published(FEB_1, title="Second")
    third = make_published(MARCH_1, title="First")

    policy = queries.get_policy_in_force(at=MARCH_1)

    assert policy is not None
    assert (policy.version, policy.digest) == (3, first.digest)
    assert third.digest == first.digest


def test_the_policy_in_force_is_the_one_that_took_effect_last() -> None:
    make_published(FEB_1, title="First")
    make_published(MARCH_1, title="Second")
    make_draft(title="Third")

    def version_at(moment: datetime) -> int | None:
        policy = queries.get_policy_in_force(at=moment)
        return None if policy is None else policy.version

    second = timedelta(seconds=1)
    assert version_at(FEB_1 - second) is None
    assert version_at(FEB_1) == 1
    assert version_at(MARCH_1 - second) == 1
    assert version_at(MARCH_1) == 2


def test_a_policy_in_force_says_until_when() -> None:
    first = make_published(FEB_1, title="First")
    make_published(MARCH_1, title="Second")

    policy = queries.get_policy_in_force(at=FEB_1)

    assert policy is not None
    assert (policy.in_force_from, policy.in_force_until) == (FEB_1, MARCH_1)
    assert policy.digest == first.digest == f"sha256:{hashlib.sha256(policy.canonical).hexdigest()}"
    latest = queries.get_policy_in_force(at=MARCH_1)
    assert latest is not None
    assert latest.in_force_until is None


def test_policies_are_told_apart_by_their_key() -> None:
    make_published(JAN_1, key="shop")
    make_published(FEB_1, key="other")

    shop, any_key = (queries.get_policy_in_force(at=MARCH_1, key=key) for key in ("shop", None))

    assert shop is not None
    assert (shop.key, shop.in_force_until) == ("shop", None)
    assert any_key is not None
    assert any_key.key == "other"


def test_only_published_versions_are_found_by_number() -> None:
    make_published(FEB_1)
    make_approved()

    found = queries.get_policy_version(key="shop", version=1)

    assert found is not None
    assert found.in_force_from == FEB_1
    assert queries.get_policy_version(key="shop", version=2) is None
    assert queries.get_policy_version(key="other", version=1) is None


def test_all_versions_are_listed_newest_first() -> None:
    make_published(FEB_1)
    make_draft()
    make_draft(key="other")

    listed = queries.list_versions()

    assert {(one.key, one.version, one.status) for one in listed} == {
        ("other", 1, PolicyStatus.DRAFT),
        ("shop", 2, PolicyStatus.DRAFT),
        ("shop", 1, PolicyStatus.PUBLISHED),
    }
    assert [one.version for one in queries.list_versions(key="shop")] == [2, 1]
    assert listed[-1].effective_at == FEB_1


def test_a_policy_in_force_is_one_statement(django_assert_num_queries: Any) -> None:
    make_published(FEB_1)

    with django_assert_num_queries(1):
        queries.get_policy_in_force(at=MARCH_1)
    with django_assert_num_queries(1):
        queries.list_versions()


def test_a_document_is_read_back_as_it_was_imported() -> None:
    draft = make_draft()

    assert queries.get_document(version_id=draft.version_id) == make_document()
    assert queries.get_document(version_id=10**9) is None
