"""Section 2, the TC string of the EU, read and written by the codec of TC strings."""

from consent.signals.errors import Fault, MalformedSignal
from consent.signals.gpp.declarations import EU_SECTION
from consent.signals.gpp.kinds import refuse
from consent.signals.gpp.types import TC_STRING, Section
from consent.signals.reading import Reader

PREFIX = "tcfeuv2"
