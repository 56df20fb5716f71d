"""A publication is told of in its transaction: which policy, which text, and nobody."""

from datetime import timedelta

import pytest

from consent.policies import services as policies
from consent.policies.models import PolicyVersion
from consent.policies.publishing import _describe
from lineage.events.types import Tag
from tests.lineage_told import list_runs, list_told
from tests.records_world import JAN_1, publish_policy

pytestmark = pytest.mark.django_db


def test_a_publication_is_a_run_that_began_and_is_complete() -> None:
    publish_policy()

    assert list(list_runs().values()) == [["START", "COMPLETE"]]
    for event in list_told():
        assert event["job"]["name"] == "publish_policy.acme"
        assert [(one["namespace"], one["name"]) for one in event["outputs"]] == [
            ("accordant://policies", "acme")
        ]
        assert event["inputs"] == []


def test_what_is_told_is_the_texts_digest_and_number_and_when_it_takes_effect() -> None:
    publish_policy()
    version = PolicyVersion.objects.get()

    run = _describe(version, JAN_1)

    [output] = run.outputs
    assert output.version == version.digest
    assert output.tags == (
        Tag(key="version", value="1"),
        Tag(key="effective_at", value="2026-01-01T00:00:00.000000Z"),
    )


def test_no_officer_is_named() -> None:
    publish_policy()

    assert not [event for event in list_told() if "alice" in str(event) or "bob" in str(event)]


def test_a_publication_that_is_refused_is_not_told_of() -> None:
    publish_policy()
    version = PolicyVersion.objects.get()

    with pytest.raises(policies.WrongStatus):
        policies.publish(version_id=version.pk, effective_at=JAN_1 + timedelta(days=1), at=JAN_1)

    assert len(list_runs()) == 1
