"""What must have been seen and answered before a text is approved, and by whom."""

from datetime import timedelta
from typing import Any

import pytest

from consent.kernel import canonical
from consent.ledger.types import Stream
from consent.policies import queries, services
from consent.policies.document.writing import write_yaml
from consent.policies.models import Acknowledgement, AgeBand, PolicyStep, PolicyVersion, Purpose, Simulation
from consent.policies.services import (
    DigestChanged,
    NotSimulated,
    ReasonMissing,
    SelfApproval,
    VersionNotFound,
    WarningNotFound,
    WarningsUnanswered,
    WrongStatus,
)
from consent.policies.types import ImportedPolicy, PolicyStatus, VersionStage
from tests.ledger_world import read_entries
from tests.policy_documents import make_document, spoil
from tests.policy_officers import (
    FEB_1,
    JAN_1,
    MARCH_1,
    approve,
    make_approved,
    make_draft,
    make_officer,
    make_published,
    make_submitted,
    see,
    submit,
)

pytestmark = pytest.mark.django_db


def edit(draft: ImportedPolicy, *, by: str, title: str = "Your orders") -> ImportedPolicy:
    """Return the draft after an officer changed a title in it."""
    Purpose.objects.filter(version_id=draft.version_id, slug="service.orders").update(title=title)
    digest = services.seal_draft(version_id=draft.version_id, officer_id=make_officer(by).pk, at=JAN_1)
    return ImportedPolicy(version_id=draft.version_id, key=draft.key, version=draft.version, digest=digest)


def approval(draft: ImportedPolicy, *, by: str = "bob", **changes: str) -> Any:
    """Try to approve, confirming the version as it stands but for `changes`."""
    found = queries.get_simulation(version_id=draft.version_id)
    confirmed = {
        "confirmed_digest": draft.digest,
        "confirmed_figures": found.figures_digest if found else "",
        **changes,
    }
    return services.approve(
        version_id=draft.version_id, approver_id=make_officer(by).pk, at=JAN_1, **confirmed
    )


def status_of(draft: ImportedPolicy) -> str:
    return PolicyVersion.objects.get(pk=draft.version_id).status


def last_event() -> tuple[str, dict[str, Any]]:
    entry = [one for one in read_entries() if one.stream is Stream.POLICY][-1]
    return entry.kind, canonical.loads(entry.envelope)["body"]


def test_a_text_that_nobody_simulated_is_not_approved() -> None:
    draft = make_submitted()

    with pytest.raises(NotSimulated, match="nobody has simulated shop 1"):
        approval(draft)

    assert status_of(draft) == PolicyStatus.IN_REVIEW


def test_a_simulation_of_the_text_before_an_edit_does_not_count() -> None:
    draft = make_draft()
    see(draft)
    edited = edit(draft, by="alice")
    submit(edited)

    assert queries.get_simulation(version_id=draft.version_id) is None
    with pytest.raises(NotSimulated):
        approval(edited)

    assert status_of(draft) == PolicyStatus.IN_REVIEW


def test_a_simulation_is_not_attached_to_a_text_that_changed_meanwhile() -> None:
    draft = make_draft()
    edit(draft, by="alice")

    with pytest.raises(DigestChanged, match="changed while it was simulated"):
        services.attach_simulation(
            version_id=draft.version_id, draft_digest=draft.digest, figures={"people": 1}, at=JAN_1
        )

    assert not Simulation.objects.exists()


def test_an_approver_confirms_the_latest_figures() -> None:
    draft = make_submitted()
    old = see(draft)
    services.attach_simulation(
        version_id=draft.version_id, draft_digest=draft.digest, figures={"people": 7}, at=FEB_1
    )

    with pytest.raises(DigestChanged, match="simulated again"):
        approval(draft, confirmed_figures=old)
    assert status_of(draft) == PolicyStatus.IN_REVIEW

    approval(draft)
    row = PolicyVersion.objects.get(pk=draft.version_id)
    assert row.simulation is not None
    assert canonical.loads(row.simulation.figures) == {"people": 7}


def test_whoever_wrote_a_part_of_a_text_does_not_approve_it() -> None:
    draft = edit(make_draft(), by="bob")
    submit(draft)
    see(draft)

    with pytest.raises(SelfApproval):
        approval(draft, by="bob")
    assert status_of(draft) == PolicyStatus.IN_REVIEW

    approval(draft, by="carol")
    assert status_of(draft) == PolicyStatus.APPROVED


def test_a_returned_version_is_edited_and_goes_the_whole_way_again() -> None:
    draft = make_submitted()
    see(draft)
    bob = make_officer("bob")

    services.return_to_draft(
        version_id=draft.version_id, reason=" The notice is too old. ", officer_id=bob.pk, at=JAN_1
    )

    assert status_of(draft) == PolicyStatus.DRAFT
    kind, body = last_event()
    assert (kind, body["officer"], body["note"]) == ("policy_returned", bob.pk, "The notice is too old.")
    edited = edit(draft, by="alice")
    submit(edited)
    with pytest.raises(DigestChanged):
        approval(edited, confirmed_digest=draft.digest)
    with pytest.raises(NotSimulated):
        approval(edited)
    approve(edited)
    assert status_of(draft) == PolicyStatus.APPROVED


@pytest.mark.parametrize("make", [make_draft, make_approved, make_published])
def test_only_a_version_in_review_is_returned(make: Any) -> None:
    draft = make()
    before = status_of(draft)

    with pytest.raises(WrongStatus):
        services.return_to_draft(
            version_id=draft.version_id, reason="Why not", officer_id=make_officer("bob").pk, at=JAN_1
        )

    assert status_of(draft) == before


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 1001])
def test_a_return_says_why(reason: str) -> None:
    draft = make_submitted()

    with pytest.raises(ReasonMissing):
        services.return_to_draft(
            version_id=draft.version_id, reason=reason, officer_id=make_officer("bob").pk, at=JAN_1
        )

    assert status_of(draft) == PolicyStatus.IN_REVIEW


def test_an_edit_names_its_author_in_the_ledger() -> None:
    edited = edit(make_draft(), by="carol")

    kind, body = last_event()

    assert (kind, body["officer"], body["digest"]) == (
        "policy_edited",
        make_officer("carol").pk,
        edited.digest,
    )


def test_an_edit_begins_from_the_text_as_it_stands() -> None:
    draft = make_draft()
    services.lock_draft(version_id=draft.version_id, opened_digest=draft.digest)
    edited = edit(draft, by="carol")

    with pytest.raises(DigestChanged, match="open it again"):
        services.lock_draft(version_id=draft.version_id, opened_digest=draft.digest)
    services.lock_draft(version_id=draft.version_id, opened_digest=edited.digest)


@pytest.mark.parametrize("make", [make_submitted, make_approved, make_published])
def test_what_is_no_draft_is_not_edited(make: Any) -> None:
    draft = make()

    with pytest.raises(WrongStatus):
        services.lock_draft(version_id=draft.version_id, opened_digest=draft.digest)
    with pytest.raises(WrongStatus):
        services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)


def test_a_rollback_begins_as_a_copy_of_any_version() -> None:
    old = make_published(JAN_1)
    make_published(FEB_1, title="Newer")

    copied = services.copy_version(version_id=old.version_id, author_id=make_officer("carol").pk, at=MARCH_1)

    assert (copied.key, copied.version, copied.digest) == ("shop", 3, old.digest)
    assert queries.get_yaml(key="shop", version=3) == queries.get_yaml(key="shop", version=1)
    row = PolicyVersion.objects.get(pk=copied.version_id)
    assert (row.status, row.author.username, row.purpose_rows.count()) == ("draft", "carol", 2)
    kind, body = last_event()
    assert (kind, body["copied_from"]) == ("policy_copied", 1)


def test_what_is_not_there_is_not_copied() -> None:
    with pytest.raises(VersionNotFound):
        services.copy_version(version_id=10**9, author_id=make_officer("carol").pk, at=JAN_1)

    assert not PolicyVersion.objects.exists()


def test_a_version_stands_where_its_time_puts_it() -> None:
    first, second = make_published(FEB_1), make_published(MARCH_1, title="Second")
    draft, submitted, approved = make_draft(), make_submitted(), make_approved()
    before = timedelta(seconds=1)

    def stage(version: ImportedPolicy, at: Any) -> VersionStage | None:
        return queries.get_stage(version_id=version.version_id, at=at)

    assert stage(draft, MARCH_1) is VersionStage.DRAFT
    assert stage(submitted, MARCH_1) is VersionStage.IN_REVIEW
    assert stage(approved, MARCH_1) is VersionStage.APPROVED
    assert stage(first, FEB_1 - before) is VersionStage.SCHEDULED
    assert stage(first, FEB_1) is VersionStage.IN_FORCE
    assert stage(first, MARCH_1 - before) is VersionStage.IN_FORCE
    assert (stage(first, MARCH_1), stage(second, MARCH_1)) == (VersionStage.SUPERSEDED, VersionStage.IN_FORCE)
    assert queries.get_stage(version_id=10**9, at=MARCH_1) is None


def test_every_step_is_kept_with_the_version() -> None:
    draft = make_published(FEB_1)

    kinds = (
        PolicyStep.objects.filter(version_id=draft.version_id).order_by("pk").values_list("kind", flat=True)
    )

    assert list(kinds) == ["imported", "submitted", "simulated", "approved", "published"]
    assert not Acknowledgement.objects.exists()


def make_lax() -> ImportedPolicy:
    """Import a draft whose notice tells no way to withdraw, and that asks children of 13 themselves."""
    document = spoil(make_document(), "notices", "privacy", "versions", "2", "texts", "en", value="Silent.")
    document = spoil(document, "rules", 0, "age", "bands", value=[{"under": 13, "effect": "guardian"}])
    alice = make_officer("alice")
    return services.import_policy(text=write_yaml(document), author_id=alice.pk, at=JAN_1)


def answer(draft: ImportedPolicy, key: str, reason: str = "Our assessment DPIA-7 says so.") -> None:
    services.acknowledge_warning(
        version_id=draft.version_id, key=key, reason=reason, officer_id=make_officer("alice").pk, at=JAN_1
    )


def open_keys(draft: ImportedPolicy) -> list[str]:
    return [one.key for one in queries.list_open_warnings(version_id=draft.version_id, at=JAN_1)]


def test_each_warning_is_answered_before_the_review() -> None:
    draft = make_lax()
    first, second = open_keys(draft)

    with pytest.raises(WarningsUnanswered, match="2 warnings must be mended, or acknowledged"):
        services.submit_for_review(version_id=draft.version_id, at=JAN_1)
    answer(draft, first)
    with pytest.raises(WarningsUnanswered) as refusal:
        services.submit_for_review(version_id=draft.version_id, at=JAN_1)
    assert [one.key for one in refusal.value.warnings] == [second]
    assert status_of(draft) == PolicyStatus.DRAFT

    answer(draft, second)
    services.submit_for_review(version_id=draft.version_id, at=JAN_1)
    assert status_of(draft) == PolicyStatus.IN_REVIEW


def test_an_answer_is_kept_with_its_warning_and_in_the_ledger() -> None:
    draft = make_lax()
    warning = queries.list_open_warnings(version_id=draft.version_id, at=JAN_1)[0]

    answer(draft, warning.key, reason="  Our assessment DPIA-7 says so. ")

    kept = Acknowledgement.objects.get()
    assert (kept.warning_key, kept.message) == (warning.key, warning.message)
    assert (kept.reason, kept.officer.username) == ("Our assessment DPIA-7 says so.", "alice")
    kind, body = last_event()
    assert (kind, body["warning"], body["note"]) == ("policy_acknowledged", warning.key, kept.reason)


@pytest.mark.parametrize("reason", ["", " \n", "x" * 1001])
def test_an_answer_says_why(reason: str) -> None:
    draft = make_lax()

    with pytest.raises(ReasonMissing):
        answer(draft, open_keys(draft)[0], reason=reason)

    assert not Acknowledgement.objects.exists()


def test_a_warning_is_answered_once_and_only_if_it_is_given() -> None:
    draft = make_lax()
    key = open_keys(draft)[0]
    answer(draft, key)

    for other in (key, "laxer_basis:nothing:000000000000"):
        with pytest.raises(WarningNotFound):
            answer(draft, other)

    assert Acknowledgement.objects.count() == 1


def test_an_answer_does_not_cover_what_an_edit_made_worse() -> None:
    draft = make_lax()
    for key in open_keys(draft):
        answer(draft, key)
    AgeBand.objects.filter(rule__version_id=draft.version_id).update(under=9)

    services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)

    assert [key.partition(":")[0] for key in open_keys(draft)] == ["age_below_law"]
    with pytest.raises(WarningsUnanswered):
        services.submit_for_review(version_id=draft.version_id, at=JAN_1)
