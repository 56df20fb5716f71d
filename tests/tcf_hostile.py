"""TC strings made to cost time or memory: each is as long as one may be, or as wide."""

from consent.signals.tcf import LONGEST
from tests.tcf_bad_input import (
    DISCLOSED_TEXT,
    FIXED,
    NO_RESTRICTIONS,
    NO_VENDORS,
    entry_list,
    ranges,
    with_consents,
    write,
)

_WIDEST = (1, 65535)
_PAIRS = [(purpose, kind) for purpose in range(1, 25) for kind in range(3)]


def _widest() -> str:
    section = ranges(65535, _WIDEST)
    restrictions = "".join(f"{purpose:06b}{kind:02b}{entry_list(_WIDEST)}" for purpose, kind in _PAIRS)
    core = write(f"{FIXED}{section}{section}{72:012b}{restrictions}")
    return f"{core}.{write('001' + section)}.{write('010' + section)}"


def _singles() -> str:
    """Return two restrictions of as many single vendors as one can name, which is nearly the longest text."""
    entries = entry_list(*((number,) for number in range(1, 2 * 4095, 2)))
    restrictions = "".join(f"{purpose:06b}00{entries}" for purpose in (1, 2))
    return f"{write(f'{FIXED}{NO_VENDORS}{NO_VENDORS}{2:012b}{restrictions}')}.{DISCLOSED_TEXT}"


HOSTILE = {
    "every range the widest": _widest(),
    "4,095 ranges": with_consents(ranges(65535, *((first, first + 2) for first in range(1, 4 * 4095, 4)))),
    "8,190 single vendors": _singles(),
    "every second vendor in two bitfields": (
        f"{write(FIXED + f'{65535:016b}0' + ('10' * 32768)[:65535] + NO_VENDORS + NO_RESTRICTIONS)}"
        f".{write('001' + f'{65535:016b}0' + ('01' * 32768)[:65535])}"
    ),
    "nothing but ones": ("C" + "_" * LONGEST)[:LONGEST],
    "nothing but dots": ("CA" + "." * LONGEST)[:LONGEST],
    "a core and dots": (write(FIXED + NO_VENDORS + NO_VENDORS + NO_RESTRICTIONS) + "." * LONGEST)[:LONGEST],
    "inverted ranges": with_consents(ranges(65535, *[(9, 3)] * 4095)),
    "zeros": "C" + "A" * (LONGEST - 1),
}
"""By name, in words."""
