"""A receipt is taken only if every byte is what was signed, and says what an event in the log says."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey

from consent.kernel import canonical
from consent.kernel.handover import KeyChain, write_handover
from consent.kernel.proofs import verify_proof
from consent.kernel.signing import SigningKey, VerifyKey
from consent.ledger.rules import write_envelope
from consent.ledger.types import Stream
from consent.records.events import tell_choice
from consent.records.types import Choice, ChoiceRecord, NewChoice
from consent.verifier.checks import is_verified
from consent.verifier.receipts import verification
from consent.verifier.receipts.document import MalformedReceipt, NotAChoice, read_choice, write_document
from consent.verifier.receipts.signing import read_receipt, sign_receipt
from consent.verifier.receipts.verification import verify_receipt, verify_receipt_by_chain
from consent.verifier.receipts.vocabulary import STATUSES
from tests.verifier_world import (
    ALICE,
    KEY,
    LOG,
    NEXT_KEY,
    POLICY,
    STRANGER,
    Log,
    event_id,
    make_envelope,
    make_log,
    mutants,
)

WORLD = make_log()
RECEIPT = WORLD.receipt(0)


def is_taken(content: bytes, key: VerifyKey = KEY.verify_key) -> bool:
    return is_verified(verify_receipt(content, key, origin=LOG))


def document_of(content: bytes) -> dict[str, object]:
    payload = content.split(b".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return found


def sign_document(
    document: object, *, key: SigningKey = KEY, header: Mapping[str, str] | None = None
) -> bytes:
    """Return any document signed as a receipt is."""
    vkey = key.verify_key
    stated = {
        "alg": "Ed25519",
        "cty": "ld+json",
        "kid": f"{vkey.name}+{vkey.key_hash.hex()}",
        "typ": "accordant-receipt+jws",
        **(header or {}),
    }
    parts = [canonical.dumps(stated), canonical.dumps(document)]
    signed = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    return signed + b"." + base64.urlsafe_b64encode(key.sign(signed)).rstrip(b"=")


@pytest.mark.parametrize("index", range(5))
def test_yes_and_no_alike_have_a_receipt_that_verifies(index: int) -> None:
    checks = verify_receipt(WORLD.receipt(index), KEY.verify_key, origin=LOG, policy=POLICY)

    assert [check.passed for check in checks] == [True] * 5


def test_every_bit_flipped_is_refused() -> None:
    assert is_taken(RECEIPT)
    assert [one for one in mutants(RECEIPT) if is_taken(one)] == []


@pytest.mark.long
def test_every_single_byte_mutant_is_refused() -> None:
    everything = dict.fromkeys(range(len(RECEIPT)), bytes(range(256)))

    assert [one for one in mutants(RECEIPT, everything) if is_taken(one)] == []


def test_every_byte_dropped_or_doubled_is_refused() -> None:
    size = len(RECEIPT)
    changed = [RECEIPT[:place] + RECEIPT[place + 1 :] for place in range(size)]
    changed += [RECEIPT[:place] + RECEIPT[place : place + 1] + RECEIPT[place:] for place in range(size)]
    changed += [RECEIPT[:count] for count in range(size)] + [RECEIPT + b"\n", b" " + RECEIPT, RECEIPT + b"."]

    assert [one for one in changed if one != RECEIPT and is_taken(one)] == []


def test_bits_that_base64_leaves_unused_are_not_free() -> None:
    last = RECEIPT[-1:]
    alike = [bytes([one]) for one in b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]

    assert [one for one in alike if is_taken(RECEIPT[:-1] + one)] == [last]


def test_any_jose_library_verifies_the_signature() -> None:
    public = OKPKey.import_key(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": base64.urlsafe_b64encode(KEY.verify_key.public).rstrip(b"=").decode(),
        }
    )

    found = jws.deserialize_compact(RECEIPT, public, algorithms=["Ed25519"])

    assert found.headers()["alg"] == "Ed25519"
    assert found.headers()["kid"] == f"{LOG}+{KEY.verify_key.key_hash.hex()}"
    assert json.loads(found.payload or b"") == document_of(RECEIPT)


def test_it_is_a_consent_receipt_in_the_words_of_the_dpv() -> None:
    document = document_of(RECEIPT)

    assert document["@type"] == "dpv:ConsentReceipt"
    assert document["dct:conformsTo"] == {"@id": "https://w3id.org/dpv/schema/dpv-27560#receipt"}
    record = document["dpv:hasRecordOfActivity"]
    assert isinstance(record, dict)
    assert record["dpv:hasConsentStatus"]["@type"] == ["dpv:ConsentGiven", "dpv:ExplicitlyExpressedConsent"]
    assert record["dpv:hasPurpose"] == {
        "@type": ["dpv:Purpose"],
        "dct:identifier": "marketing.email",
        "dct:title": "E-mail",
    }
    assert record["dpv:hasLegalBasis"] == [{"@id": "dpv:Consent"}]
    assert record["dpv:hasDataSubject"] == {"@type": "dpv:DataSubject", "dct:identifier": ALICE}
    assert record["accordant:event"]["@value"] == json.loads(WORLD.envelopes[0])


def test_every_choice_has_a_status_and_a_receipt() -> None:
    assert STATUSES.keys() == {choice.value for choice in Choice}
    for choice in Choice:
        log = Log(make_envelope(0, choice=choice.value))
        assert is_taken(log.receipt(0))
        record = document_of(log.receipt(0))["dpv:hasRecordOfActivity"]
        assert isinstance(record, dict)
        assert record["dpv:hasConsentStatus"]["@type"][0] == STATUSES[choice.value]


@pytest.mark.parametrize("choice", sorted({choice.value for choice in Choice} - {"granted", "confirmed"}))
def test_only_a_yes_is_called_given(choice: str) -> None:
    assert STATUSES[choice] != "dpv:ConsentGiven"


@pytest.mark.parametrize(
    "envelope",
    [
        make_envelope(0, kind="fact_recorded"),
        make_envelope(0, stream="policy"),
        make_envelope(0, subject=None, version=None),
        make_envelope(0, choice="perhaps"),
        make_envelope(0, explicit="yes"),
        make_envelope(0, more="x"),
    ],
)
def test_what_tells_of_no_choice_has_no_receipt(envelope: bytes) -> None:
    log = Log(make_envelope(0))

    with pytest.raises(NotAChoice):
        write_document(replace(log.unsigned_receipt(0), envelope=envelope))


def test_a_receipt_that_could_not_be_read_is_not_signed() -> None:
    for issued_at in ("yesterday", "2026-02-01T00:00:00"):
        with pytest.raises(MalformedReceipt):
            sign_receipt(replace(WORLD.unsigned_receipt(0), issued_at=issued_at), KEY)


@pytest.mark.parametrize(
    "change",
    [
        lambda record: record["dpv:hasConsentStatus"].update({"@type": ["dpv:ConsentWithdrawn"]}),
        lambda record: record["dpv:hasPurpose"].update({"dct:identifier": "marketing.post"}),
        lambda record: record["dpv:hasPurpose"].update({"dct:title": "Post"}),
        lambda record: record["accordant:event"]["@value"]["body"].update({"choice": "refused"}),
        lambda record: record.update({"dct:identifier": event_id(1)}),
        lambda record: record.update({"more": "x"}),
        lambda record: record.pop("dpv:hasNotice"),
    ],
)
def test_words_that_the_event_does_not_say_are_refused_though_the_service_signed_them(
    change: Callable[[dict[str, object]], object],
) -> None:
    document = document_of(RECEIPT)
    assert is_taken(sign_document(document))
    record = document["dpv:hasRecordOfActivity"]
    assert isinstance(record, dict)

    change(record)

    assert not is_taken(sign_document(document))


@pytest.mark.parametrize(
    "header", [{"alg": "EdDSA"}, {"alg": "none"}, {"typ": "JWT"}, {"cty": "json"}, {"jwk": "x"}, {"kid": "x"}]
)
def test_another_header_is_refused(header: dict[str, str]) -> None:
    assert not is_taken(sign_document(document_of(RECEIPT), header=header))


def test_a_receipt_of_another_key_is_refused_whatever_it_names() -> None:
    forged = WORLD.receipt(0, key=STRANGER)
    kid = f"{LOG}+{KEY.verify_key.key_hash.hex()}"

    assert is_taken(forged, STRANGER.verify_key)
    assert not is_taken(forged)
    assert not is_taken(sign_document(document_of(RECEIPT), key=STRANGER, header={"kid": kid}))


def test_a_checkpoint_of_another_key_in_it_is_refused() -> None:
    assert not is_taken(WORLD.receipt(0, key=STRANGER, signer=KEY))


def test_an_event_that_is_not_in_the_log_is_refused() -> None:
    invented = make_envelope(0, choice="granted", form="invented")
    forged = replace(WORLD.unsigned_receipt(0), envelope=invented)

    checks = verify_receipt(sign_receipt(forged, KEY), KEY.verify_key, origin=LOG)

    assert [check.passed for check in checks] == [True, True, True, False, None]


def test_a_receipt_of_another_log_of_the_same_key_is_refused() -> None:
    other = Log(*WORLD.envelopes, origin="accordant.example/other")

    assert is_verified(verify_receipt(other.receipt(0), KEY.verify_key, origin="accordant.example/other"))
    assert not is_taken(other.receipt(0))
    renamed = replace(WORLD.unsigned_receipt(0), origin="accordant.example/other")
    assert not is_taken(sign_receipt(renamed, KEY))


def test_its_words_on_the_policy_are_held_against_the_policy() -> None:
    true = WORLD.unsigned_receipt(0)
    false = replace(true, terms=replace(true.terms, controller_title="Southwind"))

    assert is_verified(verify_receipt(sign_receipt(true, KEY), KEY.verify_key, origin=LOG, policy=POLICY))
    for receipt, policy in ((false, POLICY), (true, POLICY + b" ")):
        checks = verify_receipt(sign_receipt(receipt, KEY), KEY.verify_key, origin=LOG, policy=policy)
        assert checks[-1].passed is False
        assert ("is not version 3" in checks[-1].statement) is (policy != POLICY)


def test_a_receipt_after_a_handover_is_of_the_key_that_may_sign_it() -> None:
    chain = KeyChain.from_notes(KEY.verify_key, [write_handover(LOG, KEY, NEXT_KEY, 3)], LOG)

    for size, key, signer in ((3, KEY, KEY), (3, KEY, NEXT_KEY), (5, NEXT_KEY, NEXT_KEY)):
        content = WORLD.receipt(0, size, key=key, signer=signer)
        assert is_verified(verify_receipt_by_chain(content, chain))
    for size, key, signer in ((5, NEXT_KEY, KEY), (5, KEY, KEY), (3, NEXT_KEY, NEXT_KEY)):
        content = WORLD.receipt(0, size, key=key, signer=signer)
        assert not is_verified(verify_receipt_by_chain(content, chain))


def test_nothing_in_it_names_an_identifier_beside_the_pseudonym() -> None:
    assert b"@" not in WORLD.envelopes[0]
    assert read_receipt(RECEIPT, KEY.verify_key).receipt.envelope == WORLD.envelopes[0]


def test_what_the_ledger_writes_of_a_choice_is_what_a_receipt_reads() -> None:
    moment = datetime(2026, 1, 5, 10, tzinfo=UTC)
    claim = NewChoice(purpose="p", choice=Choice.REFUSED, effective_at=moment, method="letter")
    record = ChoiceRecord(
        record_id=event_id(0),
        subject_ref=ALICE,
        version=1,
        purpose="p",
        choice=Choice.REFUSED,
        effective_at=moment,
        recorded_at=moment,
    )
    entry = tell_choice(record, claim, source="shop")

    envelope = write_envelope(entry, stream=Stream.CONSENT, recorded_at=moment, part=None)

    assert read_choice(envelope).body == entry.body


# Bugs planted on purpose: each lets something through that the tests above refuse.


def test_without_the_signature_check_a_forgery_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    kid = f"{LOG}+{KEY.verify_key.key_hash.hex()}"
    forged = sign_document(document_of(RECEIPT), key=STRANGER, header={"kid": kid})
    assert not is_taken(forged)

    monkeypatch.setattr(jws, "deserialize_compact", lambda *_, **__: None)

    assert is_taken(forged)


def test_without_the_inclusion_check_an_invention_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    invented = make_envelope(0, form="invented")
    forged = sign_receipt(replace(WORLD.unsigned_receipt(0), envelope=invented), KEY)
    assert not is_taken(forged)
    honest = verify_proof

    def careless(content: bytes, *keys: VerifyKey, origin: str, leaf: bytes) -> object:
        return honest(content, *keys, origin=origin, leaf=WORLD.hashes[0])

    monkeypatch.setattr(verification, "verify_proof", careless)

    assert is_taken(forged)
