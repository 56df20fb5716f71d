"""How identifiers are written before they are looked up."""

import hashlib
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.subjects.rules import (
    MalformedIdentifier,
    blind_index,
    derive_key,
    digest_of,
    group_refs,
    normalise,
)
from consent.subjects.types import Identifier, IdentifierKind, Link, SubjectRef
from tests.records_world import JAN_1

EMAIL, PHONE, CUSTOMER = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CUSTOMER_ID
ADVERTISING, EMAIL_SHA256 = IdentifierKind.ADVERTISING_ID, IdentifierKind.EMAIL_SHA256


def written(kind: IdentifierKind, value: str) -> str:
    """Return how the value is looked up."""
    return normalise(Identifier(kind, value)).value


@pytest.mark.parametrize(
    ("kind", "sent", "looked_up"),
    [
        (EMAIL, "  Anna.Mayr@Example.COM\n", "anna.mayr@example.com"),
        (EMAIL, "JOSE\u0301@example.com", "jos\u00e9@example.com"),
        (EMAIL, "anna+news@example.com", "anna+news@example.com"),
        (EMAIL, "anna@M\u00fcnchen.example", "anna@xn--mnchen-3ya.example"),
        (EMAIL, "anna@xn--mnchen-3ya.example", "anna@xn--mnchen-3ya.example"),
        (
            EMAIL,
            "a" * 64 + "@" + ".".join(["b" * 63] * 3)[:189],
            "a" * 64 + "@" + ".".join(["b" * 63] * 3)[:189],
        ),
        (ADVERTISING, "EA7583CD-A667-48BC-B806-42ECB2B48606", "ea7583cd-a667-48bc-b806-42ecb2b48606"),
        (EMAIL_SHA256, "AB" * 32, "ab" * 32),
        (PHONE, "+43 (664) 123-45/67", "+436641234567"),
        (PHONE, "+1.415.555.0100", "+14155550100"),
        (CUSTOMER, " 00001 ", "00001"),
        (CUSTOMER, "ab C", "ab C"),
        (CUSTOMER, "x" * 200, "x" * 200),
    ],
)
def test_one_person_is_written_in_one_way(kind: IdentifierKind, sent: str, looked_up: str) -> None:
    assert written(kind, sent) == looked_up


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (EMAIL, ""),
        (EMAIL, "anna"),
        (EMAIL, "anna@"),
        (EMAIL, "@example.com"),
        (EMAIL, "anna@mayr@example.com"),
        (EMAIL, "anna mayr@example.com"),
        (EMAIL, "anna\u200b@example.com"),
        (EMAIL, "a@" + "b" * 253),
        (EMAIL, "a" * 290 + "@example.com"),
        (EMAIL, "a@" + "b" * 64 + ".example"),
        (EMAIL, "anna..mayr@example.com"),
        (EMAIL, "anna@exa_mple.com"),
        (ADVERTISING, "00000000-0000-0000-0000-000000000000"),
        (EMAIL_SHA256, "ab" * 31),
        (EMAIL_SHA256, "zz" * 32),
        (IdentifierKind.PHONE_SHA256, "+436641234567"),
        (PHONE, "06641234567"),
        (PHONE, "+0664123456"),
        (PHONE, "+123456"),
        (PHONE, "+1234567890123456"),
        (PHONE, "+43664ABC4567"),
        (PHONE, "+\u0664\u0663664123456"),
        (CUSTOMER, ""),
        (CUSTOMER, "   "),
        (CUSTOMER, "x" * 201),
        (CUSTOMER, "0000\x001"),
        (CUSTOMER, "0000\n1"),
        (CUSTOMER, "0000\ud8001"),
        (IdentifierKind.COOKIE_ID, "a\u202eb"),
    ],
)
def test_what_is_no_identifier_is_refused_without_repeating_it(kind: IdentifierKind, value: str) -> None:
    with pytest.raises(MalformedIdentifier) as refusal:
        written(kind, value)

    assert refusal.value.kind is kind
    assert kind.value in str(refusal.value)
    assert not value.strip() or value not in str(refusal.value)


@given(kind=st.sampled_from(IdentifierKind), value=st.text(max_size=40))
def test_normalising_twice_changes_nothing(kind: IdentifierKind, value: str) -> None:
    assert_idempotent(kind, value)


@given(local=st.text(min_size=1, max_size=20), domain=st.text(min_size=1, max_size=20))
def test_normalising_an_email_address_twice_changes_nothing(local: str, domain: str) -> None:
    assert_idempotent(EMAIL, f"{local}@{domain}")


@given(local=st.text(min_size=1, max_size=20))
def test_composed_and_decomposed_letters_are_one_address(local: str) -> None:
    composed = Identifier(EMAIL, unicodedata.normalize("NFC", local) + "@example.com")
    decomposed = Identifier(EMAIL, unicodedata.normalize("NFD", local) + "@example.com")

    try:
        expected = normalise(composed)
    except MalformedIdentifier:
        return
    assert normalise(decomposed) == expected


def assert_idempotent(kind: IdentifierKind, value: str) -> None:
    """Fail if what normalising returns is not normalised."""
    try:
        once = normalise(Identifier(kind, value))
    except MalformedIdentifier:
        return
    assert normalise(Identifier(once.kind, once.value)) == once


def test_an_index_tells_neither_the_value_nor_that_two_kinds_share_one() -> None:
    master = b"\x11" * 32
    keys = {kind: derive_key(master, kind) for kind in IdentifierKind}

    _, digest = digest_of(Identifier(CUSTOMER, "00001"))
    indexes = {kind: blind_index(digest, keys[kind]) for kind in IdentifierKind}

    assert len(set(indexes.values())) == len(IdentifierKind)
    assert all(len(index) == 32 for index in indexes.values())
    assert blind_index(digest, derive_key(b"\x22" * 32, EMAIL)) != indexes[EMAIL]


@pytest.mark.parametrize(("plain", "hashed"), [(EMAIL, EMAIL_SHA256), (PHONE, IdentifierKind.PHONE_SHA256)])
def test_a_value_and_its_sha256_form_lead_to_one_place(plain: IdentifierKind, hashed: IdentifierKind) -> None:
    value = normalise(Identifier(plain, "anna@example.com" if plain is EMAIL else "+43 664 1234567"))
    digest = hashlib.sha256(value.value.encode()).hexdigest()

    assert digest_of(value) == digest_of(normalise(Identifier(hashed, digest.upper())))


def test_an_index_stays_what_it_is_from_release_to_release() -> None:
    key = derive_key(b"\x11" * 32, EMAIL)

    index = blind_index(digest_of(Identifier(EMAIL, "anna@example.com"))[1], key)

    assert index.hex() == "9c3cc64dfec21ac7a20c2aa99f498257ae89409411a0961fe009dd332431a8ff"


def test_subjects_are_grouped_over_any_number_of_links() -> None:
    a, b, c, d = (SubjectRef(name) for name in "abcd")
    links = [Link(left=x, right=y, linked_at=JAN_1, recorded_at=JAN_1) for x, y in ((a, b), (b, c))]

    groups = group_refs(refs=[a, d], links=links)

    assert groups[a] == groups[b] == groups[c] == {a, b, c}
    assert groups[d] == {d}
