"""A wrapped data key opens for its subject, under its version, and for nothing else."""

import pytest

from consent.keys.rules import LocalKeyWrapper, make_key, unwrap_key, wrap_key
from consent.keys.types import KEY_SIZE, KeyUnreadable
from tests.keys_world import BOTH, NEW, OLD, UnboundWrapper

KEY = bytes(range(32))


def wrapped(version: int = 1) -> bytes:
    return wrap_key(LocalKeyWrapper(BOTH), KEY, subject_ref="sub_a", version=version)


def test_a_key_opens_to_what_was_wrapped() -> None:
    assert unwrap_key(LocalKeyWrapper(BOTH), wrapped(), subject_ref="sub_a", version=1) == KEY


def test_a_row_holds_nonce_ciphertext_and_tag_and_no_two_are_alike() -> None:
    assert len(wrapped()) == 12 + KEY_SIZE + 16
    assert wrapped() != wrapped()
    assert KEY not in wrapped()


def test_the_highest_version_wraps_new_keys_unless_another_is_named() -> None:
    assert LocalKeyWrapper(BOTH).newest_version == 2
    assert LocalKeyWrapper(OLD).newest_version == 1
    assert LocalKeyWrapper(BOTH, version=1).newest_version == 1


@pytest.mark.parametrize(("subject_ref", "version"), [("sub_b", 1), ("sub_a", 2), ("sub_a\n1", 1), ("", 1)])
def test_a_key_does_not_open_elsewhere(subject_ref: str, version: int) -> None:
    with pytest.raises(KeyUnreadable):
        unwrap_key(LocalKeyWrapper(BOTH), wrapped(), subject_ref=subject_ref, version=version)


def test_the_version_is_bound_even_if_two_versions_held_one_key() -> None:
    twins = LocalKeyWrapper({1: OLD[1], 2: OLD[1]})

    with pytest.raises(KeyUnreadable):
        unwrap_key(twins, wrapped(), subject_ref="sub_a", version=2)


def test_a_wrapper_that_binds_nothing_is_what_those_tests_catch() -> None:
    unbound = UnboundWrapper({1: OLD[1], 2: OLD[1]})
    text = wrap_key(unbound, KEY, subject_ref="sub_a", version=1)

    assert unwrap_key(unbound, text, subject_ref="sub_b", version=2) == KEY


def test_no_change_of_a_single_bit_opens() -> None:
    text, wrapper = wrapped(), LocalKeyWrapper(OLD)
    for place in range(len(text) * 8):
        changed = bytearray(text)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(KeyUnreadable):
            unwrap_key(wrapper, bytes(changed), subject_ref="sub_a", version=1)


@pytest.mark.parametrize("length", [0, 1, 12, 27, 59])
def test_what_was_cut_off_does_not_open(length: int) -> None:
    with pytest.raises(KeyUnreadable):
        unwrap_key(LocalKeyWrapper(OLD), wrapped()[:length], subject_ref="sub_a", version=1)


def test_what_opens_to_something_that_is_no_key_is_refused() -> None:
    text = wrap_key(LocalKeyWrapper(OLD), b"short", subject_ref="sub_a", version=1)

    with pytest.raises(KeyUnreadable, match="5 bytes, not 32"):
        unwrap_key(LocalKeyWrapper(OLD), text, subject_ref="sub_a", version=1)


def test_a_version_that_is_not_there_is_named_with_what_to_do() -> None:
    with pytest.raises(KeyUnreadable, match=r"under master key version 1, and there is only 2.* back into"):
        unwrap_key(LocalKeyWrapper(NEW), wrapped(), subject_ref="sub_a", version=1)


def test_neither_a_repr_nor_an_error_shows_a_key_or_a_subject() -> None:
    with pytest.raises(KeyUnreadable) as refusal:
        unwrap_key(LocalKeyWrapper(BOTH), wrapped(), subject_ref="sub_b", version=1)
    told = repr(LocalKeyWrapper(BOTH)) + repr(refusal.value)

    assert not any(repr(key)[2:-1] in told or key.hex() in told for key in (*BOTH.values(), KEY))
    assert "sub_" not in told


def test_keys_are_random_and_long_enough() -> None:
    assert len({make_key() for _ in range(100)}) == 100
    assert {len(make_key()) for _ in range(100)} == {32}
