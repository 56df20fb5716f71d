"""A state written and read again is decided alike, and tells which writes it rests on."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.decisions.engine import decide
from activation.decisions.types import SubjectState
from activation.snapshots.compact.encoding import (
    COMPACT,
    HEADER,
    SETTLED_AT,
    VERSION,
    lay_out,
    read_items,
    read_shape,
)
from activation.snapshots.compact.general import UNREADABLE, decode_general, encode_general
from activation.snapshots.compact.items import member_of
from activation.snapshots.compact.refs import pack_ref, unpack_ref
from activation.snapshots.compact.states import encode_state
from activation.snapshots.compact.times import from_micros
from activation.snapshots.compact.tokens import read_token
from activation.snapshots.compact.versions import has_write
from consent.records.types import Choice
from consent.subjects.types import WriteToken
from tests.decisions.lanes import MemoryDictionary
from tests.decisions.test_lanes import People
from tests.decisions.world import BASE, policy_of, question_of, register_of

POLICY, REGISTER, QUESTION, AT = policy_of(BASE), register_of(BASE), question_of(BASE), BASE["at"]
SEEDS = st.integers(0, 1 << 32)
REFS = st.one_of(
    st.binary(min_size=16, max_size=16).map(lambda packed: f"sub_{packed.hex()}"),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
    st.text("0123456789abcdefABCDEF \n", min_size=30, max_size=34).map(lambda text: f"sub_{text}"),
)


def read_compact(text: bytes, dictionary: MemoryDictionary, ref: str) -> tuple[SubjectState, datetime]:
    kind, length = HEADER.unpack_from(text)
    assert kind == COMPACT
    end = HEADER.size + length
    shape = read_shape(text[HEADER.size : end], dictionary)
    layout = lay_out(shape, dictionary)
    times = layout.times.unpack_from(text, end)
    assert len(text) == end + layout.times.size
    member = member_of(read_items(times, shape, layout, dictionary), subject_ref=ref, version=times[VERSION])
    return SubjectState(asked=frozenset({ref}), members=(member,)), from_micros(times[SETTLED_AT])


@given(SEEDS)
def test_a_compact_state_is_decided_as_the_state_itself(seed: int) -> None:
    state, dictionary = People(seed).person(), MemoryDictionary()
    text = encode_state(state, dictionary)
    if text[0] == COMPACT:
        read, settled_at = read_compact(text, dictionary, "p1")
        at = max(AT, settled_at)
        ours, theirs = (decide(POLICY, REGISTER, one, QUESTION, at) for one in (read, state))
        assert replace(ours, record_id=None) == replace(theirs, record_id=None)


@given(SEEDS)
def test_a_choice_that_names_its_signal_is_compact_and_decided_alike(seed: int) -> None:
    state = People(seed).person()
    [member, *_] = state.members
    plain = tuple(replace(one, choice=Choice.GRANTED, refers_to=None) for one in member.choices)
    named = tuple(replace(one, refers_to="sig_" + "0" * 32) for one in plain)
    texts = [
        encode_state(replace(state, members=(replace(member, choices=choices),)), MemoryDictionary())
        for choices in (plain, named)
    ]

    assert texts[0] == texts[1] or texts[0][0] != COMPACT


@given(SEEDS)
def test_the_general_form_holds_a_state_whole(seed: int) -> None:
    state = People(seed).person()

    assert decode_general(encode_general(state.members, state.links), asked=state.asked) == state


@given(SEEDS)
def test_a_dictionary_reads_its_tokens_back(seed: int) -> None:
    dictionary = MemoryDictionary()
    encode_state(People(seed).person(), dictionary)

    assert [read_token(token.row()) for token in dictionary.tokens] == dictionary.tokens


@given(REFS)
def test_a_reference_is_read_back_whatever_it_is(ref: str) -> None:
    packed = pack_ref(ref)

    assert unpack_ref(packed) == ref


@given(REFS, REFS)
def test_two_references_are_never_packed_alike(one: str, other: str) -> None:
    assert (pack_ref(one) == pack_ref(other)) is (one == other)


@pytest.mark.parametrize("is_compact", [True, False])
def test_a_state_tells_which_writes_it_rests_on(is_compact: bool) -> None:
    people = People(3)
    states = ((one, encode_state(one, MemoryDictionary())) for one in iter(people.person, None))
    state, text = next((one, text) for one, text in states if (text[0] == COMPACT) is is_compact)
    ref, version = pack_ref("p1"), state.members[0].version

    assert has_write(ref, text, WriteToken("p1", version))
    assert has_write(ref, text, WriteToken("p1", version - 1))
    assert not has_write(ref, text, WriteToken("p1", version + 1))
    assert not has_write(ref, text, WriteToken("p2", 1))
    assert not has_write(ref, UNREADABLE, WriteToken("p1", 1))
