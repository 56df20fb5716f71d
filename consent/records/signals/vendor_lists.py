"""The Global Vendor List as it is fetched and kept: every version for good, none that is not what it says."""

import re
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from consent.kernel.errors import AccordantError
from consent.network.client import Limits, open_client
from consent.signals.tcf.gvl import VendorList, VendorLists

_LIMITS = Limits(answer_bytes=50_000_000)
_KEPT = re.compile(r"vendor-list-v([0-9]+)\.json")
_OK = 200


class VendorListNotGiven(AccordantError):
    """The publisher of the vendor list answered, but not with a list."""

    code = "vendor_list_not_given"
    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptList:
    """One version of the vendor list in the folder."""

    version: int
    policy_version: int
    last_updated: datetime
    vendors: int


def fetch_list(version: int | None = None) -> VendorList:
    """Return a version of the vendor list, fetched unless it is kept; without a number the one published now.

    :raises VendorListNotGiven, RecipientSilent, AddressRefused, NameNotResolved: if it cannot be fetched.
    :raises MalformedVendorList: if what came is no list. :raises ListMismatch: if it is not the version asked
        for, or differs from what is kept of that version. Nothing is kept then.
    """
    lists = VendorLists(settings.VENDOR_LISTS, _fetch)
    return lists.current() if version is None else lists.get(version)


def list_kept() -> list[KeptList]:
    """Return the versions in the folder, the oldest first.

    :raises MalformedVendorList, ListMismatch: if a file there is not the list that its name says.
    """
    if not settings.VENDOR_LISTS.is_dir():
        return []
    lists = VendorLists(settings.VENDOR_LISTS, _fetch)
    names = (_KEPT.fullmatch(path.name) for path in settings.VENDOR_LISTS.iterdir())
    found = [lists.get(version) for version in sorted(int(name[1]) for name in names if name)]
    return [
        KeptList(
            version=one.version,
            policy_version=one.policy_version,
            last_updated=one.last_updated,
            vendors=len(one.vendors),
        )
        for one in found
    ]


def _fetch(version: int | None) -> bytes:
    """Return a list as it is published: the current one, or an archived one."""
    name = "vendor-list.json" if version is None else f"archives/vendor-list-v{version}.json"
    url = f"{settings.VENDOR_LISTS_URL.rstrip('/')}/{name}"
    with open_client(url, allow_local=settings.ALLOW_LOCAL_DESTINATIONS, limits=_LIMITS) as client:
        answer = client.ask("GET", headers={"Accept": "application/json"})
    if answer.status != _OK:
        raise VendorListNotGiven(f"the publisher of the vendor list answered {answer.status}")
    return answer.content
