"""How officers edit drafts in the admin."""

import pytest
from django.test import Client

from consent.policies.models import (
    Controller,
    DataCategory,
    DestinationPermission,
    Notice,
    NoticeVersion,
    PolicyJurisdiction,
    PolicyStep,
    PolicyVersion,
    Purpose,
    Rule,
)
from consent.policies.models.part import Part
from consent.policies.types import ImportedPolicy, StepKind
from tests.policy_editor import address_of, errors_of, fields_of, sign_in_editor
from tests.policy_officers import make_draft

pytestmark = pytest.mark.django_db

PAGES = (
    Controller,
    PolicyJurisdiction,
    DataCategory,
    Purpose,
    DestinationPermission,
    Notice,
    NoticeVersion,
    Rule,
)


def row_of(draft: ImportedPolicy, model: type[Part], **wanted: object) -> Part:
    """Return a row of the version, the first unless `wanted` says which."""
    version = "notice__version" if model is NoticeVersion else "version"
    return model._default_manager.filter(**{version: draft.version_id, **wanted}).order_by("pk")[0]


def digest_of(draft: ImportedPolicy) -> str:
    return PolicyVersion.objects.get(pk=draft.version_id).digest


@pytest.mark.parametrize("model", PAGES)
def test_saving_a_page_untouched_changes_nothing(client: Client, model: type[Part]) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(row_of(draft, model))

    page = client.get(address)
    saved = client.post(address, fields_of(page))

    assert saved.status_code == 302, errors_of(saved)
    assert digest_of(draft) == draft.digest
    assert not PolicyStep.objects.filter(kind=StepKind.EDITED).exists()


def test_saving_a_version_untouched_changes_nothing(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client)
    address = address_of(PolicyVersion.objects.get(pk=draft.version_id))

    saved = client.post(address, fields_of(client.get(address)))

    assert saved.status_code == 302, errors_of(saved)
    assert digest_of(draft) == draft.digest
