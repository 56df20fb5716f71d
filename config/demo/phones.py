"""Phone numbers for people who do not exist: only numbers that are reserved for fiction.

DE  Bundesnetzagentur, Mitteilung 148/2021: 1,000 numbers in each of five cities.
FR  Arcep, decision 2018-0881: 10,000 numbers in each of several areas.
GB  Ofcom, numbers for drama use: 1,000 numbers in each of several areas.
US  North American Numbering Plan: 555-0100 to 555-0199 in each area code; here those of California.

The Netherlands and Brazil reserve none, so nobody there has a phone number. A reserved number is given
to one customer only, so where there are fewer numbers than customers the rest have none.
"""

_CALIFORNIA = (
    209,
    213,
    279,
    310,
    323,
    341,
    408,
    415,
    424,
    442,
    510,
    530,
    559,
    562,
    619,
    626,
    628,
    650,
    657,
    661,
    669,
    707,
    714,
    747,
    760,
    805,
    818,
    820,
    831,
    840,
    858,
    909,
    916,
    925,
    949,
    951,
)

_PREFIXES = {
    "DE": ("+493023125", "+494066969", "+496990009", "+498999998", "+492214710"),
    "FR": ("+3363998", "+3319900", "+3326191"),
    "GB": (
        "+447700900",
        "+442079460",
        "+441632960",
        *(f"+44{area}4960" for area in (113, 114, 115, 116, 117, 118, 121, 131, 141, 151, 161)),
    ),
    "US": tuple(f"+1{area}55501" for area in _CALIFORNIA),
}
_DIGITS = {"DE": 3, "FR": 4, "GB": 3, "US": 2}
"""How many digits follow a prefix; each combination of them is reserved."""


def find_phone(country: str, number: int) -> str | None:
    """Return the reserved number (E.164) of the customer `number`, counted from 0; None if none is left."""
    digits = _DIGITS.get(country, 0)
    place, ending = divmod(number, 10**digits)
    prefixes = _PREFIXES.get(country, ())
    return f"{prefixes[place]}{ending:0{digits}}" if place < len(prefixes) else None
