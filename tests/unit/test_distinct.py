"""The sketch that counts different identifiers: exact merging, and a small error."""

import hashlib
import random
from itertools import combinations, product

import pytest

from activation.checks.distinct import REGISTERS, Distinct, MalformedSketch, estimate_of

DIGESTS = [hashlib.sha256(bytes([number])).digest() for number in range(5)]
SETS = [frozenset(chosen) for size in range(3) for chosen in combinations(DIGESTS, size)]


def sketch(digests: frozenset[bytes]) -> Distinct:
    """Return a sketch of these digests."""
    made = Distinct()
    for digest in sorted(digests):
        made.add(digest)
    return made


@pytest.mark.parametrize(("left", "right"), [*product(SETS, SETS)])
def test_merged_sketches_are_the_sketch_of_both_sets(left: frozenset[bytes], right: frozenset[bytes]) -> None:
    whole, merged, turned = sketch(left | right), sketch(left), sketch(right)
    merged.merge(sketch(right).to_bytes())
    turned.merge(sketch(left).to_bytes())

    assert merged.to_bytes() == turned.to_bytes() == whole.to_bytes()
    assert merged.estimate == pytest.approx(whole.estimate)
    assert round(merged.estimate) == len(left | right)


def test_merging_what_is_there_already_changes_nothing() -> None:
    made = sketch(SETS[-1])
    before = made.to_bytes()
    made.merge(before)

    assert made.to_bytes() == before


@pytest.mark.parametrize("count", [0, 1, 10, 100, 1_000, 10_000, 20_000, 40_000, 80_000, 150_000])
def test_the_error_stays_below_four_percent(count: int) -> None:
    chosen = random.Random(count)  # noqa: S311 - not for secrets

    estimate = estimate_of(chosen.randbytes(32) for _ in range(count))

    assert abs(estimate - count) <= 0.04 * count + 0.5  # five standard errors


def test_the_estimate_kept_up_to_date_is_the_one_made_anew() -> None:
    chosen, made = random.Random(1), Distinct()  # noqa: S311
    for _ in range(20_000):
        made.add(chosen.randbytes(32))

    assert made.estimate == pytest.approx(Distinct(made.to_bytes()).estimate)


def test_adding_says_whether_the_sketch_changed() -> None:
    made = Distinct()

    assert [made.add(DIGESTS[0]), made.add(DIGESTS[0]), made.add(DIGESTS[1])] == [True, False, True]


def test_the_rarest_and_the_commonest_digest_have_their_place() -> None:
    made = Distinct()
    made.add(bytes(32))
    made.add(b"\xff" * 32)

    assert (made.to_bytes()[0], made.to_bytes()[-1]) == (51, 1)


@pytest.mark.parametrize("broken", [b"", bytes(REGISTERS - 1), bytes(REGISTERS - 1) + b"\x34"], ids=len)
def test_what_is_no_sketch_is_refused(broken: bytes) -> None:
    with pytest.raises(MalformedSketch):
        Distinct(broken)
    with pytest.raises(MalformedSketch):
        Distinct().merge(broken)
