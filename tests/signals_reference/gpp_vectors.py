"""`python -m tests.signals_reference.gpp_vectors`: writes the sample of GPP vectors anew, by asking IAB's.

The sample stands in where there is no Node: what the reference wrote, and what it read in it.
"""

import json
from pathlib import Path
from typing import Any

from tests.gpp_strings import EVERY
from tests.signals_reference.gpp_forms import make_for_reference, make_one_for_reference, to_reference
from tests.signals_reference.node import ask

GPP_VECTORS = Path(__file__).with_name("gpp-vectors.json")
MET = (
    *("DBAA", "DBABTA~1YNN", "DBABzw~1YNY~BVQqAAAAAgA", "DBABLA~BVQqAAAAAgA.QA", "DBABLA~BVQVAAAABgA.QA"),
    *("DBABLA~BVQqAAAACgA.QA", "DBABLA~BAQCAAAACZA.QA", "DBABLA~BVRqAAAAAmA.QA", "DBABLA~BVAUAAAAAWA.QA"),
    *("DBABBg~BUUAAAGA.QA", "DBABBg~BUoAAAKA.QA", "DBABBg~BUUAAACA.YA", "DBABBg~BVoIgACA.QA"),
    *("DBABLA~BVQqAAAAAACA.QA", "DBABLA~BVQqAAAAAAKA.QA", "DBABLA~BVQqAAAAAAJY.QA"),
    *("DBABLA~BVAoAAAAAABk.QA", "DBABrw~BAAUAAAAAABA.QA~BAUAAABA.QA"),
)
"""Strings as banners write them, from public repositories. The last five have the longer lists."""
EACH = 3
MANY = 20
LONGEST = 6_000
"""Characters of JSON: the sample shall stay small enough to be read."""


def make_vectors() -> list[dict[str, Any]]:
    """Return what the reference writes of our strings, each with what it reads in its own text."""
    strings = [make_one_for_reference(id_, version, seed) for id_, version in EVERY for seed in range(EACH)]
    strings += [make_for_reference(seed) for seed in range(MANY)]
    texts = [answer["text"] for answer in ask("gpp.mjs", [{"encode": to_reference(one)} for one in strings])]
    texts += MET
    read = ask("gpp.mjs", [{"decode": text} for text in texts])
    vectors = [{"text": text, **answer} for text, answer in zip(texts, read, strict=True)]
    return [vector for vector in vectors if len(json.dumps(vector)) < LONGEST]


def main() -> None:
    """Write the file: one vector a line."""
    lines = [json.dumps(vector, separators=(",", ":")) for vector in make_vectors()]
    GPP_VECTORS.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
