"""Whether TC strings let a vendor pursue purposes, each under the vendor list that it was made by.

Only lists that are kept here are asked: a run waits for nobody outside. A list that was not fetched yet, a
string that cannot be read, whatever is not known: the vendor may not.
"""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from activation.decisions.register import TcfTerms
from consent.kernel.errors import AccordantError
from consent.signals import tcf
from consent.signals.tcf.evaluation import may_process
from consent.signals.tcf.gvl import VendorList, VendorLists
from consent.signals.tcf.types import TCString

_MOST_JUDGED = 100_000
"""Judgements that are remembered: browsers that clicked the same button on one day have one string."""


class _NotKept(AccordantError):
    """The list of a version was never fetched."""

    code = "vendor_list_not_kept"


def judge_by(folder: Path) -> Callable[[str, TcfTerms, datetime], bool]:
    """Return what tells whether a string lets a vendor pursue each purpose, on whatever basis.

    `folder`: where the vendor lists are kept. To be made anew for each run.
    """
    lists = VendorLists(folder, _fetch_nothing)

    @lru_cache(_MOST_JUDGED)
    def judge(text: str, terms: TcfTerms, at: datetime) -> bool:
        try:
            string = tcf.decode(text)
            vendors = lists.get(string.vendor_list_version)
        except (AccordantError, OSError):
            return False
        return bool(terms.purposes) and all(_may(string, vendors, terms, one, at) for one in terms.purposes)

    return judge


def keeps_lists(folder: Path) -> bool:
    """Return whether any vendor list is kept in the folder."""
    return next(folder.glob("vendor-list-v*.json"), None) is not None


def _may(string: TCString, vendors: VendorList, terms: TcfTerms, purpose: int, at: datetime) -> bool:
    return may_process(string, vendors, terms.vendor, purpose, at).allowed


def _fetch_nothing(_: int | None) -> bytes:
    raise _NotKept("the vendor list of this version was not fetched: run fetch_vendor_list")
