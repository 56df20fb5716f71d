"""A look-up in evidence answers as the whole file does, and a broken file answers nobody."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent.verifier.digests import digest_file
from consent.verifier.manifests.evidence import (
    MalformedEvidence,
    read_evidence,
    write_evidence,
)
from consent.verifier.manifests.lookup import Found, open_lookup
from consent.verifier.manifests.membership import MEMBER_SIZE, MemberSet

KEY = b"k" * 32
REASONS = ["withdrawn", "refused", "no_record"]


def member(number: int) -> bytes:
    return hashlib.sha256(number.to_bytes(8, "big")).digest()


def write(path: Path, allowed: range, denied: range) -> bytes:
    """Write evidence; whoever is denied is so for one or two reasons."""
    told = {
        member(one): frozenset({REASONS[one % 3], REASONS[0]} if one % 2 else {REASONS[one % 3]})
        for one in denied
    }
    content = write_evidence("run-1", KEY, MemberSet(map(member, allowed)), told)
    path.write_bytes(content)
    return content


def by_the_whole(content: bytes, members: list[bytes]) -> Found:
    """Return what `read_evidence` says of the members: the oracle."""
    whole = read_evidence(content)
    reasons = frozenset[str]().union(*(whole.reasons_of(one) for one in members))
    return Found(
        any(one in whole.allowed for one in members), reasons, any(one in whole.denied for one in members)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    allowed=st.integers(0, 400),
    denied=st.integers(0, 400),
    overlap=st.integers(0, 50),
    asked=st.lists(st.integers(0, 900), max_size=4),
)
def test_it_answers_as_the_whole_file_does(
    folder: Path, allowed: int, denied: int, overlap: int, asked: list[int]
) -> None:
    start = max(0, allowed - overlap)
    path = folder / "evidence"
    content = write(path, range(allowed), range(start, start + denied))

    with open_lookup(path) as lookup:
        assert lookup.head == read_evidence(content).head
        for members in (list(map(member, asked)), [bytes(MEMBER_SIZE)], [b"\xff" * MEMBER_SIZE], []):
            assert lookup.find(members) == by_the_whole(content, members)


def test_every_member_of_a_large_file_is_found_and_its_digest_is_the_files(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    write(path, range(3000), range(2500, 6000))

    with open_lookup(path) as lookup:
        found = [lookup.find([member(one)]) for one in range(6500)]
        assert lookup.digest() == digest_file(path)

    assert [one for one in range(6500) if found[one].allowed] == list(range(3000))
    assert [one for one in range(6500) if found[one].denied] == list(range(2500, 6000))
    assert all(bool(one.reasons) == one.denied for one in found)


def swap(content: bytes, one: int, other: int) -> bytes:
    start = content.index(b"\n") + 1
    first, second = (slice(start + at * MEMBER_SIZE, start + (at + 1) * MEMBER_SIZE) for at in (one, other))
    changed = bytearray(content)
    changed[first], changed[second] = content[second], content[first]
    return bytes(changed)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut in its first line": lambda content: content[:40],
    "cut after its first line": lambda content: content[: content.index(b"\n") + 1],
    "a byte short": lambda content: content[:-1],
    "a member short": lambda content: content[:-MEMBER_SIZE],
    "longer": lambda content: content + b"\x00",
    "another count": lambda content: content.replace(b'"allowed":1000', b'"allowed":1001'),
    "another schema": lambda content: content.replace(b"evidence/2", b"evidence/9"),
    "no JSON": lambda content: b"x" + content[1:],
    "a first line with spaces": lambda content: content.replace(b'{"allowed"', b'{ "allowed"'),
    "zeros for members": lambda content: content[: content.index(b"\n") + 1] + bytes(len(content)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_whose_form_is_broken_answers_nobody(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "evidence"
    path.write_bytes(DAMAGES[damage](write(path, range(1000), range(900, 1200))))

    with pytest.raises(MalformedEvidence), open_lookup(path) as lookup:
        lookup.find([member(5)])


def test_a_file_that_shrinks_while_it_is_open_answers_nobody(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    write(path, range(1000), range(0))

    with open_lookup(path) as lookup:
        os.truncate(path, 300)
        with pytest.raises(MalformedEvidence, match="cut short"):
            lookup.find([member(5)])


def spoiled_places() -> Iterator[tuple[int, int]]:
    yield from ((0, 999), (499, 500), (0, 1), (250, 750))


@pytest.mark.parametrize("places", list(spoiled_places()))
def test_whoever_a_file_out_of_order_would_lose_is_not_said_to_be_absent(
    tmp_path: Path, places: tuple[int, int]
) -> None:
    """Of two members that changed places, none is found where it should be: that must not read as absence."""
    path = tmp_path / "evidence"
    content = write(path, range(1000), range(0))
    path.write_bytes(swap(content, *places))
    in_order = sorted(map(member, range(1000)))

    with open_lookup(path) as lookup:
        for place in places:
            with pytest.raises(MalformedEvidence):
                assert lookup.find([in_order[place]]).allowed


def test_a_member_that_was_denied_for_no_reason_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "evidence"
    content = write(path, range(0), range(3))
    path.write_bytes(content[:-24] + bytes(24))

    with pytest.raises(MalformedEvidence, match="no reason"), open_lookup(path) as lookup:
        lookup.find([member(1)])
