"""GPP strings: IAB Tech Lab's Global Privacy Platform, one string for the choices of many jurisdictions.

`decode` is strict, `decode_leniently` ignores what is wrong and says so, `encode` writes the form of the
reference library.
"""

from consent.signals.gpp.codec import decode, decode_leniently, encode
from consent.signals.gpp.json_form import from_json, to_json
from consent.signals.gpp.types import TC_STRING, GppString, Restriction, Section

__all__ = [
    "TC_STRING",
    "GppString",
    "Restriction",
    "Section",
    "decode",
    "decode_leniently",
    "encode",
    "from_json",
    "to_json",
]
