"""The Global Vendor List, version 3: what each vendor declares, read from JSON and kept version by version.

Source: IAB Tech Lab, "Transparency and Consent String with Global Vendor & CMP List Formats", section "The
Global Vendor List".
"""

from consent.signals.tcf.gvl.errors import ListMismatch, MalformedVendorList
from consent.signals.tcf.gvl.lists import VendorLists
from consent.signals.tcf.gvl.parsing import parse
from consent.signals.tcf.gvl.types import Vendor, VendorList

__all__ = ["ListMismatch", "MalformedVendorList", "Vendor", "VendorList", "VendorLists", "parse"]
