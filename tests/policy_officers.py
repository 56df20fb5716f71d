"""Officers, and the way of a policy from text to publication."""

from datetime import UTC, datetime

from django.contrib.auth.models import User

from consent.policies import queries, services
from consent.policies.document.writing import write_yaml
from consent.policies.types import ImportedPolicy
from tests.policy_documents import make_document

JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
FEB_1 = datetime(2026, 2, 1, tzinfo=UTC)
MARCH_1 = datetime(2026, 3, 1, tzinfo=UTC)


def make_officer(name: str) -> User:
    """Return the officer called `name`, new if there is none."""
    return User.objects.get_or_create(username=name)[0]


def make_text(*, key: str = "shop", title: str = "Shop policy") -> str:
    """Return a policy's YAML that has no faults."""
    return write_yaml({**make_document(), "policy": key, "title": title})


def make_draft(*, key: str = "shop", title: str = "Shop policy") -> ImportedPolicy:
    """Import a draft, written by Alice."""
    author = make_officer("alice")
    return services.import_policy(text=make_text(key=key, title=title), author_id=author.pk, at=JAN_1)


def make_submitted(*, key: str = "shop", title: str = "Shop policy") -> ImportedPolicy:
    """Import a draft and submit it."""
    draft = make_draft(key=key, title=title)
    submit(draft)
    return draft


def submit(draft: ImportedPolicy, *, at: datetime = JAN_1) -> None:
    """Have Alice answer what the law table warns of, and submit the version."""
    for warning in queries.list_open_warnings(version_id=draft.version_id, at=at):
        services.acknowledge_warning(
            version_id=draft.version_id,
            key=warning.key,
            reason="A policy for tests.",
            officer_id=make_officer("alice").pk,
            at=at,
        )
    services.submit_for_review(version_id=draft.version_id, at=at)


def see(draft: ImportedPolicy) -> str:
    """Attach a simulation to the version as it stands, and return the digest of its figures."""
    text = queries.get_version_text(version_id=draft.version_id)
    assert text is not None
    return services.attach_simulation(
        version_id=draft.version_id, draft_digest=text.digest, figures={"people": 0}, at=JAN_1
    )


def make_approved(*, key: str = "shop", title: str = "Shop policy") -> ImportedPolicy:
    """Import a draft, submit it, and have Bob approve it."""
    draft = make_submitted(key=key, title=title)
    approve(draft)
    return draft


def approve(draft: ImportedPolicy, *, by: str = "bob", at: datetime = JAN_1) -> None:
    """Have an officer look at what the version would change, and approve it."""
    services.approve(
        version_id=draft.version_id,
        approver_id=make_officer(by).pk,
        confirmed_digest=draft.digest,
        confirmed_figures=see(draft),
        at=at,
    )


def make_published(
    effective_at: datetime = JAN_1, *, key: str = "shop", title: str = "Shop"
) -> ImportedPolicy:
    """Import, submit, approve and publish a policy."""
    draft = make_approved(key=key, title=title)
    services.publish(version_id=draft.version_id, effective_at=effective_at, at=JAN_1)
    return draft
