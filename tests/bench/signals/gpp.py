"""GPP strings beside `@iabgpp/cmpapi`, and what a hostile one costs."""

from collections.abc import Sequence

from consent.signals.gpp import GppString, decode, decode_leniently, encode, from_json, to_json
from tests.bench.report import Figure
from tests.bench.signals.timing import ROUNDS, compare, measure_peak, time_each
from tests.gpp_hostile import HOSTILE
from tests.gpp_strings import DECLARED, make_section, seeded
from tests.signals_reference import node
from tests.signals_reference.gpp_forms import as_reference_can

STRINGS = 50
_NPM = "@iabgpp/cmpapi"
_KINDS = {
    "US national": ((7, 1),),
    "US national and three states": ((7, 1), (8, 1), (9, 1), (10, 1)),
    "Canada": ((5, 1),),
    "all but the EU": tuple(pair for pair in DECLARED if pair != (7, 2)),
}


def measure() -> Sequence[Figure]:
    """Return the microseconds a string of each kind, ours and theirs, and what the worst string costs."""
    return [*(figure for name in _KINDS for figure in _measure_kind(name)), *_measure_hostile()]


def _measure_kind(name: str) -> Sequence[Figure]:
    texts = [encode(_make(name, seed)) for seed in range(STRINGS)]
    built = [from_json(to_json(decode(text))) for text in texts]  # as a caller makes them: nothing was read
    decoded, encoded = time_each(decode, texts), time_each(encode, built)
    npm = _ask_npm(texts)
    return [
        compare(f"GPP string, {name}, decoded", decoded, _NPM, npm["decode"]),
        compare("encoded, from a model that is there", encoded, _NPM, npm["encode"]),
        compare("encoded, from fields", encoded, _NPM, npm["build_and_encode"]),
    ]


def _make(name: str, seed: int) -> GppString:
    sections = [make_section(id_, version, seeded(seed)) for id_, version in _KINDS[name]]
    return as_reference_can(GppString({section.id: section for section in sections}))


def _ask_npm(texts: list[str]) -> dict[str, float | str]:
    if not node.is_there():
        return dict.fromkeys(("decode", "encode", "build_and_encode"), "there is no Node")
    answer: dict[str, float | str] = node.ask("gpp.mjs", [{"time": texts, "rounds": ROUNDS}])[0]
    return answer


def _measure_hostile() -> Sequence[Figure]:
    """Return what the string with the widest ranges costs, and the worst of all hostile strings."""
    widest = HOSTILE["everyone restricted"]
    times = {name: time_each(decode_leniently, [text]) / 1000 for name, text in HOSTILE.items()}
    peaks = {name: measure_peak(decode_leniently, text) / 1000 for name, text in HOSTILE.items()}
    slowest, largest = max(times, key=times.__getitem__), max(peaks, key=peaks.__getitem__)
    return [
        Figure(
            "GPP, maximum ranges everywhere, decoded", time_each(decode, [widest]) / 1000, "ms", "limit: 5 ms"
        ),
        Figure("its peak", measure_peak(decode, widest) / 1000, "kB", "limit: 1,000 kB"),
        Figure("slowest hostile string, leniently", times[slowest], "ms", slowest),
        Figure("largest hostile string, leniently", peaks[largest], "kB", largest),
    ]
