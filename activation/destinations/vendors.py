"""The terms of a destination that is a vendor of the Transparency and Consent Framework, and other ones."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from activation.destinations.recording import append_event, check_reason, lock_destination
from activation.destinations.types import MOST_VENDORS, TCF_PURPOSES, MalformedDestination
from consent.kernel.errors import AccordantError
from consent.ledger.types import rfc3339


class VendorUnchanged(AccordantError):
    """The destination is registered with these terms already."""

    code = "destination_vendor_unchanged"
    status = 409


@transaction.atomic
def change_vendor(
    *,
    slug: str,
    tcf_vendor: int | None,
    tcf_purposes: Collection[int],
    reason: str,
    changed_by: str,
    at: datetime,
) -> None:
    """Let the destination be another vendor, need other purposes, or be no vendor: in place of what it was.

    Whatever is decided from now on goes by the new terms; whoever it holds is decided again by them.

    :raises DestinationNotRegistered: if there is none; :raises ReasonMissing: without a reason.
    :raises MalformedDestination: if the purposes do not go with the vendor, or either is none.
    :raises VendorUnchanged: if these are its terms already.
    """
    check_reason(reason)
    purposes = check_terms(tcf_vendor, tcf_purposes)
    destination = lock_destination(slug)
    if (destination.tcf_vendor, sorted(destination.tcf_purposes)) == (tcf_vendor, purposes):
        raise VendorUnchanged(f"{slug} is registered with these terms already")
    destination.tcf_vendor, destination.tcf_purposes = tcf_vendor, purposes
    destination.save(update_fields=["tcf_vendor", "tcf_purposes"])
    body = {"destination": slug, **tell_terms(tcf_vendor, purposes), "reason": reason.strip()}
    append_event("destination_vendor_changed", {**body, "changed_by": changed_by, "changed_at": rfc3339(at)})


def check_terms(vendor: int | None, purposes: Collection[int]) -> list[int]:
    """Return the purposes in their order, each once.

    :raises MalformedDestination: if they do not go with the vendor, or either is none.
    """
    if vendor is None and not purposes:
        return []
    is_vendor = vendor is not None and 1 <= vendor <= MOST_VENDORS
    if not is_vendor or not purposes or not all(one in TCF_PURPOSES for one in purposes):
        raise MalformedDestination(
            f"a TCF vendor is a number of the Global Vendor List (1 to {MOST_VENDORS}), and goes with the"
            f" framework's purposes that it needs ({TCF_PURPOSES[0]} to {TCF_PURPOSES[-1]})"
        )
    return sorted(set(purposes))


def tell_terms(vendor: int | None, purposes: list[int]) -> dict[str, Any]:
    """Return what the ledger's events say of the terms: nothing of a destination that is no vendor."""
    return {} if vendor is None else {"tcf_vendor": vendor, "tcf_purposes": purposes}
