"""TC strings beside IAB's own `@iabtechlabtcf/core`: what either writes, the other reads as the same."""

import json
from typing import Any

import pytest

from consent.signals.tcf import decode, encode, from_json, to_json
from consent.signals.tcf.json_form import ALIASES, CUSTOM
from consent.signals.tcf.types import TCString
from tests.signals_reference import node
from tests.signals_reference.vectors import TCF_VECTORS
from tests.tcf_strings import make_string, make_typical

STRINGS = 2_000
VECTORS: list[dict[str, Any]] = json.loads(TCF_VECTORS.read_text(encoding="utf-8"))


def _flat(tc: TCString) -> dict[str, Any]:
    """Return the string's JSON as the reference tells it: a missing segment is empty there."""
    told = {name: value for name, value in to_json(tc).items() if name not in ALIASES}
    absent: dict[str, Any] = {name: [] for name, value in told.items() if value is None}
    return _sorted(told | absent | {CUSTOM: told[CUSTOM] or 0})


def _sorted(told: dict[str, Any]) -> dict[str, Any]:
    order = sorted(told["publisherRestrictions"], key=lambda one: (one["purposeId"], one["restrictionType"]))
    return {**told, "publisherRestrictions": order}


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_a_vector_is_read_as_the_reference_reads_it(number: int) -> None:
    vector = VECTORS[number]
    tc = decode(vector["text"])

    assert _flat(tc) == _sorted(vector["model"])
    assert encode(tc) == vector["text"]
    assert from_json(to_json(tc)) == tc
    assert len(encode(from_json(to_json(tc)))) <= len(vector["text"])


def test_two_thousand_strings_cross_both_ways_between_us_and_the_reference() -> None:
    if not node.is_there():
        pytest.skip(node.MISSING)
    strings = [make_string(seed) if seed % 50 else make_typical(seed) for seed in range(STRINGS)]
    texts = [encode(tc) for tc in strings]
    asked = [{"encode": to_json(tc)} for tc in strings] + [{"decode": text} for text in texts]
    answers = node.ask("tcf.mjs", asked)
    written, read = answers[:STRINGS], answers[STRINGS:]

    assert not [answer["error"] for answer in answers if "error" in answer]
    for tc, text, their_text, their_model in zip(strings, texts, written, read, strict=True):
        assert decode(their_text["text"]) == tc
        assert _sorted(their_model["model"]) == _flat(tc)
        assert len(text) <= len(their_text["text"])  # theirs takes a range that is longer now and then
