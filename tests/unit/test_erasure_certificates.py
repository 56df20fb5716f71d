"""Certificates of erasure: refused if any byte was changed, or if they say more than was reported."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from consent.kernel.handover import KeyChain
from consent.kernel.signing import SigningKey
from consent.requests.erasing.certificates.forms import FORMS
from consent.requests.erasing.certificates.forms.layout import lay_out
from consent.requests.erasing.certificates.forms.schema_form import certificate_schema
from consent.verifier.certificates.document import (
    DatasetStatement,
    ErasureCertificate,
    HoldStatement,
    LedgerStatement,
    MalformedCertificate,
    RecipientStatement,
    StepStatement,
    SystemStatement,
    from_document,
    to_document,
)
from consent.verifier.certificates.signing import (
    SignedFile,
    name_key,
    read_certificate,
    sign_body,
    write_body,
    write_file,
)
from consent.verifier.certificates.verification import verify_certificate
from consent.verifier.checks import is_verified
from consent.verifier.command.main import main
from consent.verifier.digests import digest_bytes
from tests.architecture.source import ROOT

KEY = SigningKey.from_seed("acme.example/log", b"\1" * 32)
CHAIN = KeyChain("acme.example/log", KEY.verify_key)
MORNING = "2026-03-05T08:00:00.000000Z"
DONE = StepStatement(
    state="done",
    ended_at=MORNING,
    datasets=(DatasetStatement(dataset="public.people", found=2, done=2, kept=0, ground=""),),
)
SHOP = SystemStatement(
    system="shop",
    title='Shop <"№1">',
    erased=DONE,
    asked_again=replace(DONE, datasets=()),
    backups_gone_by="2026-04-04",
)
WHOLE = ErasureCertificate(
    reference="R-7K3F-9QXW",
    controller="acme",
    jurisdiction="DE",
    received_at=MORNING,
    approved_at=MORNING,
    issued_at=MORNING,
    outcome="fulfilled",
    systems=(SHOP,),
    recipients_state="done",
    recipients=(RecipientStatement(recipient="mailer", told=1, acknowledged=1, state="acknowledged"),),
    holds=(),
    ledger=LedgerStatement(
        subjects=1,
        keys_destroyed=1,
        keys_kept=0,
        ground="",
        origin="acme.example/log",
        size=12,
        root="ab" * 32,
    ),
    no_backup_after="2026-04-04",
)


def sign(certificate: ErasureCertificate) -> SignedFile:
    body = write_body(certificate)
    signature, key_name = sign_body(body, KEY), name_key(KEY)
    content = write_file(body, key_name=key_name, signature=signature)
    return SignedFile(
        certificate=certificate,
        key_name=key_name,
        signature=signature,
        digest=digest_bytes(body),
        content=content,
    )


FILE = sign(WHOLE).content


def is_held(content: bytes) -> bool:
    return is_verified(verify_certificate(content, CHAIN))


def test_a_certificate_reads_back_as_it_was_signed_and_verifies() -> None:
    assert read_certificate(FILE, KEY.verify_key).certificate == WHOLE
    assert is_held(FILE)


def test_a_certificate_that_is_changed_in_any_byte_is_refused() -> None:
    for place in range(len(FILE)):
        for other in (FILE[place] ^ 1, FILE[place] ^ 0x20):
            assert not is_held(FILE[:place] + bytes([other]) + FILE[place + 1 :]), place
        assert not is_held(FILE[:place] + FILE[place + 1 :]), place
        assert not is_held(FILE[:place] + b" " + FILE[place:]), place
    assert not is_held(FILE + b"\n")
    assert not is_held(b"")


def test_another_key_and_a_key_that_was_handed_on_before_are_refused() -> None:
    other = SigningKey.from_seed("acme.example/log", b"\2" * 32)

    assert not is_verified(verify_certificate(FILE, KeyChain("acme.example/log", other.verify_key)))


@pytest.mark.parametrize(
    "changed",
    [
        replace(WHOLE, outcome="partly_fulfilled"),
        replace(WHOLE, systems=(replace(SHOP, erased=replace(DONE, state="partly_done")),)),
        replace(WHOLE, systems=(replace(SHOP, asked_again=replace(DONE, state="skipped")),)),
        replace(WHOLE, systems=(replace(SHOP, asked_again=None),)),
        replace(WHOLE, recipients_state="partly_done"),
        replace(WHOLE, ledger=replace(WHOLE.ledger, keys_destroyed=0, keys_kept=1)),
        replace(WHOLE, ledger=replace(WHOLE.ledger, keys_destroyed=0)),
        replace(WHOLE, limits=WHOLE.limits[1:]),
        replace(
            WHOLE,
            systems=(
                replace(
                    SHOP,
                    erased=replace(DONE, datasets=(replace(DONE.datasets[0], done=1, kept=1),)),
                ),
            ),
        ),
    ],
)
def test_a_signed_certificate_that_says_more_than_was_reported_does_not_verify(
    changed: ErasureCertificate,
) -> None:
    assert not is_held(sign(changed).content)


def test_a_certificate_with_a_field_too_many_or_too_few_is_none() -> None:
    document = to_document(WHOLE)
    with pytest.raises(MalformedCertificate):
        from_document({**document, "more": 1})
    for name in document:
        with pytest.raises(MalformedCertificate):
            from_document({key: value for key, value in document.items() if key != name})
        with pytest.raises(MalformedCertificate):
            from_document({**document, name: 1.5})
    assert from_document(document) == WHOLE


def test_the_published_schema_is_that_of_the_file_and_takes_nothing_more() -> None:
    published = json.loads(
        (ROOT / "docs" / "reference" / "erasure-certificate.schema.json").read_text(encoding="utf-8")
    )
    assert published == certificate_schema()
    held = replace(WHOLE, holds=(HoldStatement(reference="Case 7", ground="x", system=None, dataset=None),))
    jsonschema.validate(json.loads(sign(held).content), published)
    for name in to_document(WHOLE):
        told = json.loads(FILE)
        del told["certificate"][name]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(told, published)


def test_what_systems_call_themselves_is_no_markup() -> None:
    page = FORMS["html"].write(sign(WHOLE)).decode()

    assert "Shop &lt;&quot;№1&quot;&gt;" in page
    assert "R-7K3F-9QXW" in page
    assert "<script" not in page


def test_the_readable_forms_say_what_was_left_out_and_what_is_an_officers_word() -> None:
    skipped = replace(DONE, state="skipped", by_officer=True, reason="The shop has closed.")
    shop = replace(SHOP, erased=replace(DONE, by_officer=True), asked_again=skipped)
    told = replace(WHOLE, outcome="partly_fulfilled", systems=(shop,), recipients_state="skipped")

    page = lay_out(sign(told))

    assert ("Telling recipients", "not done: an officer went on without it") in page.facts
    assert page.sections[0].facts[:2] == (
        ("Erasing", "done, 2026-03-05; an officer says so"),
        ("Asking again", "not done: an officer went on without it, 2026-03-05: The shop has closed."),
    )


def test_the_pdf_is_one_that_a_screen_reader_can_read_and_always_the_same() -> None:
    pdf = FORMS["pdf"].write(sign(WHOLE))

    assert pdf.startswith(b"%PDF")
    assert b"/StructTreeRoot" in pdf
    assert pdf == FORMS["pdf"].write(sign(WHOLE))


def test_the_auditors_command_verifies_a_certificate(tmp_path: Path) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(FILE)
    key = KEY.verify_key.text

    assert main(["certificate", str(file), "--key", key]) == 0
    file.write_bytes(FILE.replace(b'"done":2', b'"done":3'))
    assert main(["certificate", str(file), "--key", key]) == 1
