"""TC strings of IAB Europe's Transparency and Consent Framework 2: read, written, judged.

Sources: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", 2.0 to 2.3,
and the reference implementation `@iabtechlabtcf/core`.
"""

from consent.signals.tcf.decoding import LONGEST, decode, decode_leniently
from consent.signals.tcf.encoding import encode
from consent.signals.tcf.json_form import from_json, to_json

__all__ = ["LONGEST", "decode", "decode_leniently", "encode", "from_json", "to_json"]
