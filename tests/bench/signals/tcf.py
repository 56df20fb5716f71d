"""TC strings beside `@iabtechlabtcf/core` and `iab-tcf`, and what a hostile one costs."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from time import process_time

from consent.signals.tcf import decode, decode_leniently, encode, from_json, to_json
from consent.signals.tcf.types import TCString
from tests.bench.check.peers.packages import install_python
from tests.bench.check.targets import TargetMissing, cache_folder
from tests.bench.report import Figure
from tests.bench.signals.timing import ROUNDS, compare, measure_peak, time_each
from tests.signals_reference import node
from tests.tcf_hostile import HOSTILE
from tests.tcf_strings import make_typical

STRINGS = 50
_PROGRAM = Path(__file__).with_name("iab_tcf_peer.py")
_PEERS = ("--no-deps", "iab-tcf==0.2.2", "bitarray==3.9.0")
"""iab-tcf names a copy of bitarray that builds on no Python of ours; bitarray itself does the same."""
_NPM, _PYPI = "@iabtechlabtcf/core", "iab-tcf"


def measure() -> Sequence[Figure]:
    """Return the microseconds of a typical string, ours and theirs, and what the worst string costs."""
    texts = [encode(make_typical(seed)) for seed in range(STRINGS)]
    built = [from_json(to_json(decode(text))) for text in texts]  # as a caller makes them: nothing was read
    decoded, everything, encoded = (
        time_each(decode, texts),
        time_each(lambda text: _read_everything(decode(text)), texts),
        time_each(encode, built),
    )
    npm = _ask_npm(texts)
    length = sum(map(len, texts)) // STRINGS
    return [
        compare(f"TC string of {length} characters decoded", decoded, _NPM, npm["decode"]),
        compare("the same, and each set told as numbers", everything, _NPM, npm["decode"]),
        compare("decoded", decoded, _PYPI, _ask_pypi(texts)),
        compare("encoded", encoded, _NPM, npm["encode"]),
        *_measure_hostile(),
    ]


def _read_everything(tc: TCString) -> object:
    sets = (tc.vendor_consents, tc.vendor_legitimate_interests, tc.disclosed_vendors or ())
    return [set(one) for one in sets]


def _ask_npm(texts: list[str]) -> dict[str, float | str]:
    if not node.is_there():
        return dict.fromkeys(("decode", "encode"), "there is no Node")
    answer: dict[str, float | str] = node.ask("tcf.mjs", [{"time": texts, "rounds": ROUNDS}])[0]
    return answer


def _ask_pypi(texts: list[str]) -> float | str:
    try:
        python = install_python(_PEERS, cache_folder() / "python-iab-tcf")
    except TargetMissing as missing:
        return str(missing)
    job = json.dumps({"texts": texts, "rounds": ROUNDS})
    ended = subprocess.run(
        [python, _PROGRAM], input=job, capture_output=True, text=True, check=False, timeout=300
    )
    return float(ended.stdout) if ended.returncode == 0 else "it does not work here"


def _measure_hostile() -> Sequence[Figure]:
    """Return what the string with the widest ranges costs, and the worst of all hostile strings."""
    widest = HOSTILE["every range the widest"]
    everywhere = time_each(decode, [widest], process_time) / 1000
    times = {name: time_each(decode_leniently, [text], process_time) / 1000 for name, text in HOSTILE.items()}
    peaks = {name: measure_peak(decode_leniently, text) / 1000 for name, text in HOSTILE.items()}
    slowest, largest = max(times, key=times.__getitem__), max(peaks, key=peaks.__getitem__)
    return [
        Figure("maximum ranges everywhere, decoded, processor", everywhere, "ms", "limit: 5 ms"),
        Figure("its peak", measure_peak(decode, widest) / 1000, "kB", "limit: 1,000 kB"),
        Figure("slowest hostile string, leniently, processor", times[slowest], "ms", slowest),
        Figure("largest hostile string, leniently", peaks[largest], "kB", largest),
    ]
