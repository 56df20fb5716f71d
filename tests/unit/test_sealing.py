"""A private part opens with its key, for its subject and its event, and in no other way."""

import pytest

from consent.kernel.sealing import Unsealable, commit, seal, unseal

KEY, OTHER_KEY = b"\x01" * 32, b"\x02" * 32
PRIVATE = {"value": "1981-04-30"}


def test_a_sealed_part_opens_for_its_own_event() -> None:
    sealed = seal(PRIVATE, key=KEY, subject_ref="sub_a", event_id="evt_1")

    opened = unseal(sealed.ciphertext, key=KEY, subject_ref="sub_a", event_id="evt_1")

    assert opened.private == PRIVATE
    assert commit(opened.private, opened.salt) == sealed.commitment


@pytest.mark.parametrize(
    ("key", "subject_ref", "event_id"),
    [(OTHER_KEY, "sub_a", "evt_1"), (KEY, "sub_b", "evt_1"), (KEY, "sub_a", "evt_2")],
    ids=["another key", "another subject", "another event"],
)
def test_nothing_opens_elsewhere(key: bytes, subject_ref: str, event_id: str) -> None:
    sealed = seal(PRIVATE, key=KEY, subject_ref="sub_a", event_id="evt_1")

    with pytest.raises(Unsealable):
        unseal(sealed.ciphertext, key=key, subject_ref=subject_ref, event_id=event_id)


def test_no_changed_bit_and_no_shorter_text_opens() -> None:
    whole = seal(PRIVATE, key=KEY, subject_ref="sub_a", event_id="evt_1").ciphertext
    flipped = [
        bytes([*whole[:i], whole[i] ^ 1 << bit, *whole[i + 1 :]])
        for i in range(len(whole))
        for bit in range(8)
    ]

    for changed in [*flipped, *(whole[:length] for length in range(len(whole)))]:
        with pytest.raises(Unsealable):
            unseal(changed, key=KEY, subject_ref="sub_a", event_id="evt_1")


def test_the_same_part_never_looks_the_same_twice() -> None:
    first, second = (seal(PRIVATE, key=KEY, subject_ref="sub_a", event_id="evt_1") for _ in range(2))

    assert first.commitment != second.commitment
    assert first.ciphertext != second.ciphertext
