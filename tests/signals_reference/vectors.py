"""`python -m tests.signals_reference.vectors`: writes the sample of vectors anew, by asking the references.

The sample stands in where there is no Node: what the reference wrote, and what it read in it.
"""

import json
from pathlib import Path
from typing import Any

from consent.signals.tcf import to_json
from tests.signals_reference.node import ask
from tests.tcf_strings import make_string, make_typical

TCF_VECTORS = Path(__file__).with_name("tcf-vectors.json")
SAMPLE = 64
LONGEST_MODEL = 4_000
"""Characters of JSON: the sample shall stay small enough to be read."""


def make_tcf_vectors() -> list[dict[str, Any]]:
    """Return what the reference writes of our strings, each with what it reads in its own text."""
    made = (make_string(seed, most=150) for seed in range(2 * SAMPLE))
    short = [tc for tc in made if len(json.dumps(to_json(tc))) < LONGEST_MODEL]
    strings = [*short[:SAMPLE], make_typical(0)]
    texts = [answer["text"] for answer in ask("tcf.mjs", [{"encode": to_json(tc)} for tc in strings])]
    models = [answer["model"] for answer in ask("tcf.mjs", [{"decode": text} for text in texts])]
    return [{"text": text, "model": model} for text, model in zip(texts, models, strict=True)]


def main() -> None:
    """Write the file: one vector a line."""
    lines = [json.dumps(vector, separators=(",", ":")) for vector in make_tcf_vectors()]
    TCF_VECTORS.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
