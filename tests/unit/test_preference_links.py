"""Links to the preference centre: nobody but us reads or alters one, and each opens what it was made for."""

import base64
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_django import Settings

from consent.portal.preferences.links import LinkBroken, LinkTerms, LinkUse, make_link, read_link
from consent.portal.preferences.packing import pack, unpack
from consent.portal.types import Trust
from consent.subjects.types import Identifier, IdentifierKind

AT = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)
ADDRESS = "wilhelmina.fitzgerald@people.example"
TERMS = LinkTerms(
    controller="northwind",
    trust=Trust.LINK,
    identifiers=(Identifier(IdentifierKind.EMAIL, ADDRESS, is_normalised=True),),
    expires_at=AT,
    purpose="marketing.email.newsletter",
)
OLD, NEW = {1: b"\x01" * 32}, {2: b"\x02" * 32}


def raw_of(token: str) -> bytes:
    return base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))


def token_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("kind", IdentifierKind)
@pytest.mark.parametrize("verified", [True, False])
def test_a_link_says_what_it_was_made_with(kind: IdentifierKind, verified: bool) -> None:
    value = "ab" * 32 if kind.value.endswith("sha256") else "x" * 200
    own = Identifier(kind, value, verified=verified, is_normalised=True)
    terms = replace(TERMS, identifiers=(own, own, *TERMS.identifiers), trust=Trust.PROVEN, works_once=True)

    read = read_link(make_link(terms))

    assert read == terms
    assert [one.verified for one in read.identifiers] == [verified, verified, False]


def test_an_address_is_short_tells_nothing_and_is_another_each_time() -> None:
    one, other = make_link(TERMS), make_link(TERMS)

    assert len(f"https://privacy.northwind.example/privacy/choices/link/{one}") < 250
    assert len(f"https://privacy.northwind.example/privacy/one-click/{one}") < 250
    assert one != other
    for told in (ADDRESS, "wilhelmina", "northwind", "newsletter"):
        assert told.encode() not in raw_of(one)
        assert told not in one


def test_the_length_of_a_link_does_not_tell_how_long_the_address_is() -> None:
    lengths = {
        len(make_link(replace(TERMS, identifiers=(Identifier(IdentifierKind.EMAIL, "a" * size),))))
        for size in range(20, 36)
    }

    assert len(lengths) <= 2


def test_not_one_bit_of_a_link_can_be_changed() -> None:
    raw = raw_of(make_link(TERMS))

    for place in range(len(raw)):
        for bit in range(8):
            changed = bytearray(raw)
            changed[place] ^= 1 << bit
            with pytest.raises(LinkBroken):
                read_link(token_of(bytes(changed)))


def test_a_link_has_one_spelling() -> None:
    token = make_link(TERMS)
    assert len(token) % 4 != 0  # so that its last letter holds bits that say nothing
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = {token[:-1] + letter for letter in letters} - {token}

    assert any(raw_of(other) == raw_of(token) for other in others)
    for other in (*others, f"{token}=", f"{token}\n", f" {token}", token.lower(), token + "A"):
        with pytest.raises(LinkBroken):
            read_link(other)


def test_a_link_that_was_cut_off_anywhere_or_is_none_is_broken() -> None:
    token = make_link(TERMS)

    for text in (*(token[:size] for size in range(len(token))), "é" * 20, "\0", "A" * 5000):
        with pytest.raises(LinkBroken):
            read_link(text)


def test_what_is_wrong_with_a_link_cannot_be_told_apart(settings: Settings) -> None:
    settings.LINK_KEYS = OLD
    of_old = make_link(TERMS)
    settings.LINK_KEYS = NEW
    token = make_link(TERMS)
    refusals = []
    for text in (of_old, token[:-2], "x" + token[1:], make_link(TERMS, use=LinkUse.ONE_CLICK)):
        with pytest.raises(LinkBroken) as refused:
            read_link(text)
        refusals.append((str(refused.value), refused.value.__cause__, refused.value.__suppress_context__))

    assert len(set(refusals)) == 1


@pytest.mark.parametrize("use", LinkUse)
def test_a_link_opens_what_it_was_made_for_alone(use: LinkUse) -> None:
    token = make_link(TERMS, use=use)

    assert read_link(token, use=use) == TERMS
    for other in set(LinkUse) - {use}:
        with pytest.raises(LinkBroken):
            read_link(token, use=other)


def test_links_of_before_a_rotation_open_as_long_as_their_key_is_there(settings: Settings) -> None:
    settings.LINK_KEYS = OLD
    token = make_link(TERMS)
    settings.LINK_KEYS = {**OLD, **NEW}

    assert read_link(token) == TERMS
    assert raw_of(make_link(TERMS))[:2] == b"\x00\x02"
    settings.LINK_KEYS = NEW
    with pytest.raises(LinkBroken):
        read_link(token)


def test_bytes_that_were_never_packed_are_refused() -> None:
    packed = pack(TERMS)

    assert unpack(packed) == TERMS
    for spoilt in (
        b"",
        packed[:10],
        packed + bytes(16),
        packed[:-1] + b"\x01",
        b"\x03" + packed[1:],
        b"\x41" + packed[1:],
        packed[:5] + b"\xff" + packed[6:],
        packed.replace(ADDRESS.encode(), b"\xff" * len(ADDRESS)),
    ):
        with pytest.raises(ValueError, match=r"no link|decode"):
            unpack(spoilt)
