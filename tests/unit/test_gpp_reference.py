"""GPP strings beside IAB's own `@iabgpp/cmpapi`: what either writes, the other reads as the same."""

import json
from typing import Any

import pytest

from consent.signals import gpp
from consent.signals.gpp import GppString
from tests.gpp_strings import EU_SECTION, EVERY
from tests.signals_reference import node
from tests.signals_reference.gpp_forms import agrees, make_for_reference, make_one_for_reference, to_reference
from tests.signals_reference.gpp_vectors import GPP_VECTORS

STRINGS = 2_000
OF_EACH = 80
VECTORS: list[dict[str, Any]] = json.loads(GPP_VECTORS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_a_vector_is_read_as_the_reference_reads_it(number: int) -> None:
    vector = VECTORS[number]

    read = gpp.decode(vector["text"])

    assert agrees(read, vector["sections"])
    assert gpp.encode(read) == vector["text"]
    assert gpp.from_json(json.loads(json.dumps(gpp.to_json(read)))) == read


def test_the_sample_has_every_section_in_every_version() -> None:
    seen = {
        (one.id, one.version) for vector in VECTORS for one in gpp.decode(vector["text"]).sections.values()
    }

    assert seen == set(EVERY)


def test_thousands_of_strings_cross_both_ways_between_us_and_the_reference() -> None:
    check_crossing(
        [
            *(make_for_reference(seed) for seed in range(STRINGS)),
            *(
                make_one_for_reference(id_, version, seed)
                for id_, version in EVERY
                for seed in range(OF_EACH)
            ),
        ]
    )


@pytest.mark.long
@pytest.mark.parametrize(("id_", "version"), EVERY)
def test_two_thousand_strings_of_each_section_cross_both_ways(id_: int, version: int) -> None:
    check_crossing([make_one_for_reference(id_, version, seed) for seed in range(STRINGS)])


def check_crossing(strings: list[GppString]) -> None:
    """Check that the reference reads what we write, and we what it writes, in one process of Node."""
    if not node.is_there():
        pytest.skip(node.MISSING)
    texts = [gpp.encode(string) for string in strings]
    asked = [{"encode": to_reference(string)} for string in strings] + [{"decode": text} for text in texts]
    answers = node.ask("gpp.mjs", asked)
    written, read = answers[: len(strings)], answers[len(strings) :]

    assert not [answer["error"] for answer in answers if "error" in answer]
    for string, text, their_text, their_sections in zip(strings, texts, written, read, strict=True):
        assert gpp.decode(their_text["text"]) == string
        assert agrees(string, their_sections["sections"])
        if EU_SECTION not in string.sections:  # of a range and a bitfield as long, each takes another
            assert text == their_text["text"]
