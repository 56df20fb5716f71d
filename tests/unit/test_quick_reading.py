"""Whatever is read at once, `activation.checks.wire` reads alike; whatever is unusual is not read at once."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.checks import wire
from activation.checks.answering import quick, quick_lane
from activation.decisions.types import Question
from consent.kernel.errors import AccordantError
from consent.subjects.rules import digest_of, normalise
from consent.subjects.types import Identifier, IdentifierKind

TEXT = st.one_of(
    st.sampled_from(
        ["", "ads", "email", "user", "customer_id", "a:b", 'quote"', "back\\slash", "é", "x" * 65]
    ),
    st.text(max_size=70),
    st.text(alphabet="x", min_size=319, max_size=321),
)
VALUE: st.SearchStrategy[Any] = st.one_of(TEXT, st.none(), st.integers(), st.just({}), st.just([]))
NAMES = ("type", "id", "name", "properties", "controller", "x")


def entity(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    usual = st.fixed_dictionaries(dict.fromkeys(names, TEXT))
    odd = st.dictionaries(st.sampled_from(NAMES), VALUE, max_size=4)
    return st.one_of(usual, usual, usual, odd)


EVALUATIONS = st.fixed_dictionaries(
    {"subject": entity("type", "id"), "action": entity("name"), "resource": entity("type", "id")},
    optional={"context": entity("controller"), "x": VALUE},
)
CHECKS = st.fixed_dictionaries(
    {"purpose": TEXT, "destination": TEXT, "subjects": st.lists(entity("type", "id"), max_size=4)},
    optional={"controller": TEXT, "x": VALUE},
)
BODIES = st.booleans()


def write(body: dict[str, Any], *, is_compact: bool) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":") if is_compact else None).encode()


def question_of(asked: quick.Asked) -> Question:
    purpose, destination, controller, _ = asked
    return Question(purpose=purpose, destination=destination, controller=controller)


def place_of(identifier: Identifier | wire.ItemError) -> tuple[IdentifierKind, bytes]:
    assert isinstance(identifier, Identifier)
    return digest_of(normalise(identifier))


def read_at_once(body: bytes) -> tuple[quick.Asked, tuple[IdentifierKind, bytes]] | None:
    """Return the question and whom it is about, as the quick lane reads them; None if it does not."""
    read = quick.read_evaluation(body)
    if read is None or not quick.is_usual(read[0]):
        return None
    asked, subject_type, value = read
    try:
        return asked, quick_lane._place(subject_type, value)
    except (quick_lane._Left, AccordantError):
        return None


def places_of(subjects: list[tuple[str, str]]) -> Iterator[tuple[IdentifierKind, bytes] | None]:
    for subject_type, value in subjects:
        try:
            yield quick_lane._place(subject_type, value)
        except (quick_lane._Left, AccordantError):
            yield None


def assert_read_alike(body: bytes) -> bool:
    """Return whether the evaluation was read at once; then it must be what `wire` reads."""
    read = read_at_once(body)
    if read is None:
        return False
    asked, place = read
    theirs = wire.read_evaluation(body)
    assert theirs.question == question_of(asked)
    assert (place_of(theirs.identifier), theirs.resource_type) == (place, asked[3])
    assert (theirs.token, theirs.explain, theirs.shadow) == (None, False, False)
    return True


@given(EVALUATIONS, BODIES)
def test_an_evaluation_is_read_alike(body: dict[str, Any], is_compact: bool) -> None:
    assert_read_alike(write(body, is_compact=is_compact))


@given(CHECKS, BODIES)
def test_a_batch_is_read_alike(body: dict[str, Any], is_compact: bool) -> None:
    text = write(body, is_compact=is_compact)
    read = quick.read_checks(text)
    places = None if read is None else list(places_of(read[1]))
    if read is not None and places is not None and quick.is_usual(read[0]) and None not in places:
        theirs = wire.read_checks(text)
        assert theirs.question == question_of(read[0])
        assert [place_of(one) for one in theirs.subjects] == places
        assert (theirs.token, theirs.explain, theirs.shadow) == (None, False, False)


USUAL = (
    b'{"subject":{"type":"user","id":"1"},"action":{"name":"ads"},'
    b'"resource":{"type":"destination","id":"x"},"context":{"controller":"acme"}}'
)


@given(st.integers(0, len(USUAL)), st.integers(0, 8), st.binary(max_size=8))
def test_a_body_changed_anywhere_is_read_alike_or_not_at_once(start: int, cut: int, put: bytes) -> None:
    changed = USUAL[:start] + put + USUAL[start + cut :]
    try:
        assert_read_alike(changed)
    except AccordantError as error:
        raise AssertionError(f"only the quick reader takes {changed!r}") from error


def test_the_usual_is_read_at_once() -> None:
    assert assert_read_alike(USUAL)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"id":"1"', b'"id":"1","id":"2"'),
        (b'"name":"ads"', b'"name":"ads","name":"storage"'),
        (b'"subject":{', b'"subject":{"type":"user","id":"2"},"subject":{'),
        (b'"id":"1"', b'"id":"\\u0031"'),
        (b'"id":"1"', b'"id":"a:b"'),
        (b'"id":"1"', b'"\\u0069d":"1"'),
        (b'"id":"1"', b'"id":"1","properties":{}'),
        (b'"controller":"acme"', b'"controller":"acme","as_of":null'),
        (b'"controller":"acme"', b'"at_least":"x"'),
        (b'"context":{"controller":"acme"}', b'"context":{}'),
        (b'"id":"1"', b'"id":1'),
        (b'"id":"1"', b'"id":""'),
        (b'"type":"user"', b'"type":"passport"'),
        (b"}}", b'}},"x":1}'),
        (b'"id":"1"', b'"id":"\xff"'),
        (b'"subject"', b'"\xff"'),
    ],
)
def test_what_is_unusual_is_not_read_at_once(old: bytes, new: bytes) -> None:
    assert old in USUAL
    assert read_at_once(USUAL.replace(old, new, 1)) is None
