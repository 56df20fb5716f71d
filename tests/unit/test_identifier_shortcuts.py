"""What is quicker than the library that it stands for says the same as that does."""

import hashlib
import hmac

import pytest
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.snapshots.resolving import Keyed
from consent.subjects import rules
from consent.subjects.rules import MalformedIdentifier, digest_of, normalise, read_digest
from consent.subjects.types import Identifier, IdentifierKind

SPECIAL = [f"someone@{label}{name}" for name in SPECIAL_USE_DOMAIN_NAMES for label in ("", "shop.", "a.b.")]
LENGTHS = [
    *("a" * length + "@b.example" for length in (1, 63, 64, 65)),
    *("a@" + "b" * length + ".example" for length in (1, 62, 63, 64)),
    *("a@" + ".".join(["b" * 49] * 4) + "." + "c" * length + ".com" for length in range(40, 56)),
]


def by_library(address: str) -> str | None:
    """Return the address as the library writes it; None if it refuses it."""
    try:
        found = validate_email(address.lower(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return None
    return f"{found.local_part}@{found.ascii_domain}".lower()


def by_us(address: str) -> str | None:
    try:
        return normalise(Identifier(IdentifierKind.EMAIL, address)).value
    except MalformedIdentifier:
        return None


def test_addresses_under_reserved_names_are_refused_as_the_library_does() -> None:
    assert {address: by_us(address) for address in SPECIAL} == {one: by_library(one) for one in SPECIAL}
    assert by_us("someone@shop.test") is None


def test_addresses_of_every_length_around_the_bounds_are_taken_or_refused_alike() -> None:
    short = [address for address in LENGTHS if len(address) <= 254]

    assert {address: by_us(address) for address in short} == {one: by_library(one) for one in short}


@settings(max_examples=1_500, deadline=None)
@given(st.from_regex(r"[A-Za-z0-9_+.'-]{1,12}@[A-Za-z0-9.-]{1,20}\.[a-z0-9-]{1,5}", fullmatch=True))
def test_plain_addresses_are_written_as_the_library_writes_them(address: str) -> None:
    assert by_us(address) == by_library(address)


def test_a_shortcut_that_forgets_the_reserved_names_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "_RESERVED", ("no such name",))

    assert any(by_us(address) != by_library(address) for address in SPECIAL)


@given(st.sampled_from(IdentifierKind), st.text(max_size=30) | st.from_regex(r"[ -~]{1,30}", fullmatch=True))
def test_a_value_as_sent_is_digested_as_its_normal_form_is(kind: IdentifierKind, value: str) -> None:
    try:
        expected = digest_of(normalise(Identifier(kind, value)))
    except MalformedIdentifier:
        with pytest.raises(MalformedIdentifier):
            read_digest(kind, value)
    else:
        assert read_digest(kind, value) == expected


@pytest.mark.parametrize("length", [0, 1, 32, 63, 64, 65, 200])
def test_a_key_hashed_once_makes_the_same_codes(length: int) -> None:
    key = bytes(range(length % 256))[:length].ljust(length, b"k")

    for message in (b"", b"m", bytes(32), bytes(200)):
        assert Keyed(key).digest(message) == hmac.digest(key, message, hashlib.sha256)
