"""Drafts from files and from other versions, and versions as files, in the admin."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from consent.policies.models import PolicyStep, PolicyVersion
from consent.policies.packs import read_pack
from consent.policies.types import ImportedPolicy, StepKind
from tests.policy_editor import address_of, fields_of, sign_in_editor, version_of
from tests.policy_officers import make_draft, make_published, make_text

pytestmark = pytest.mark.django_db

VERSIONS = "admin:consent_policies_policyversion"
IMPORT = f"{VERSIONS}_import_file"


def upload(client: Client, content: str | bytes) -> Any:
    data = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("policy.yaml", data, content_type="application/yaml")
    return client.post(reverse(IMPORT), {"file": file})


def download(client: Client, draft: ImportedPolicy) -> Any:
    return client.get(reverse(f"{VERSIONS}_download", args=[draft.version_id]))


def test_a_file_becomes_a_draft_of_whoever_imports_it(client: Client) -> None:
    bob = sign_in_editor(client, "bob")

    answer = upload(client, make_text())

    row = PolicyVersion.objects.get()
    assert answer.headers["Location"] == address_of(row)
    assert (row.key, row.version, row.status, row.author_id) == ("shop", 1, "draft", bob.pk)


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_file_is_given_back_to_the_byte_until_the_draft_is_edited(client: Client, line_end: str) -> None:
    text = f"# ours\n{make_text()}\n# the end\n".replace("\n", line_end)
    sign_in_editor(client)
    upload(client, text)
    row = PolicyVersion.objects.get()
    draft = ImportedPolicy(version_id=row.pk, key=row.key, version=row.version, digest=row.digest)

    answer = download(client, draft)

    assert answer.content == text.encode()
    assert answer.headers["Content-Disposition"] == 'attachment; filename="shop-1.yaml"'
    edit_title(client, row)
    assert b"# ours" not in download(client, draft).content
    assert b"title: Another" in download(client, draft).content


def edit_title(client: Client, row: PolicyVersion) -> None:
    client.post(address_of(row), {**fields_of(client.get(address_of(row))), "title": "Another"})


def test_a_file_with_faults_is_refused_with_all_of_them(client: Client) -> None:
    sign_in_editor(client)
    text = make_text().replace("basis: contract", "basis: hope").replace("[GB]", "[Atlantis]")

    page = upload(client, text)

    table = page.context["faults"]["rows"]
    assert {place for place, _ in table} >= {"rules[1].basis", "controllers.kiosk.establishment[0]"}
    assert f"Nothing was imported: the file has {len(table)} faults" in page.content.decode()
    assert not PolicyVersion.objects.exists()
    assert not PolicyStep.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"policy: [", "line 1"),
        (b"", "empty"),
        (b"policy: <script>alert(1)</script>", "&lt;script&gt;"),
    ],
)
def test_what_is_no_policy_is_refused_in_plain_words(client: Client, content: bytes, words: str) -> None:
    sign_in_editor(client)

    page = upload(client, content).content.decode()

    assert words in page
    assert "<script>alert(1)</script>" not in page
    assert not PolicyVersion.objects.exists()


def test_a_starter_pack_becomes_a_draft(client: Client) -> None:
    sign_in_editor(client)
    assert "not legal advice" in client.get(reverse(IMPORT)).content.decode()

    client.post(reverse(IMPORT), {"pack": "retailer"})

    row = PolicyVersion.objects.get()
    assert (row.key, row.source) == ("example_shop", read_pack("retailer"))


@pytest.mark.parametrize("pack", ["", "retailer"])
def test_one_thing_is_imported_at_a_time(client: Client, pack: str) -> None:
    sign_in_editor(client)
    file = {"file": SimpleUploadedFile("policy.yaml", make_text().encode())} if pack else {}

    page = client.post(reverse(IMPORT), {"pack": pack, **file})

    assert "one of them" in page.content.decode()
    assert not PolicyVersion.objects.exists()


def test_a_file_larger_than_any_policy_is_not_read(client: Client) -> None:
    sign_in_editor(client)

    page = upload(client, b"#" * 8_000_001)

    assert "too large" in page.content.decode()


def test_a_draft_begins_with_the_text_of_another_version(client: Client) -> None:
    published = make_published()
    bob = sign_in_editor(client, "bob")
    address = reverse(f"{VERSIONS}_copy", args=[published.version_id])

    looked = client.get(address)
    assert (looked.status_code, PolicyVersion.objects.count()) == (200, 1)
    client.post(address, {"_form_submitted": "True"})

    row = PolicyVersion.objects.get(version=2)
    assert (row.status, row.author_id, row.digest) == ("draft", bob.pk, published.digest)
    assert PolicyStep.objects.get(version=row).kind == StepKind.COPIED


def test_drafts_are_begun_only_with_the_permission(client: Client) -> None:
    draft = make_draft()
    sign_in_editor(client, policyversion="add")

    assert upload(client, make_text()).status_code == 403
    copied = client.post(reverse(f"{VERSIONS}_copy", args=[draft.version_id]), {"_form_submitted": "True"})
    assert copied.status_code == 403
    assert PolicyVersion.objects.count() == 1
    page = client.get(address_of(version_of(draft))).content.decode()
    assert reverse(f"{VERSIONS}_copy", args=[draft.version_id]) not in page
    assert "Download as YAML" in page


def test_a_file_from_elsewhere_is_refused() -> None:
    client = Client(enforce_csrf_checks=True)
    sign_in_editor(client)

    assert upload(client, make_text()).status_code == 403
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("number", ["word", "9" * 30, "999999", "٣"])
@pytest.mark.parametrize("act", ["copy", "download"])
def test_a_version_that_does_not_exist_is_not_found(client: Client, act: str, number: str) -> None:
    sign_in_editor(client)
    address = reverse(f"{VERSIONS}_{act}", args=[number])

    answer = client.post(address, {"_form_submitted": "True"}) if act == "copy" else client.get(address)

    assert answer.status_code in {302, 404}
    assert not PolicyVersion.objects.exists()
