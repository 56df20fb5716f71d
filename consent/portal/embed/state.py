"""Reading what holds for a device. Nothing else about whoever it belongs to leaves through here."""

from datetime import datetime

from consent.policies.queries import get_policy_in_force
from consent.portal.embed.holding import find_holding
from consent.portal.embed.terms import NO_TERMS, Terms, read_terms
from consent.portal.embed.types import EmbeddedSite, Holding
from consent.records.queries import list_records
from consent.subjects.queries import list_groups
from consent.subjects.types import Identifier, IdentifierKind


def get_terms(*, at: datetime) -> Terms:
    """Return the terms of the policy in force; with none in force, terms that know no purpose."""
    policy = get_policy_in_force(at=at)
    return read_terms(policy.canonical) if policy else NO_TERMS


def identify(device: str) -> Identifier:
    """Return the identifier by which the device is known."""
    return Identifier(IdentifierKind.COOKIE_ID, device)


def get_holding(*, site: EmbeddedSite, device: str, at: datetime) -> Holding:
    """Return what holds for the device on the site. An unknown or erased one has said nothing."""
    [group] = list_groups([[identify(device)]])
    living = {member.ref for member in group.members if member.erased_at is None}
    if not group.asked & living:
        return Holding(holds={})
    links = [link for link in group.links if link.unlinked_at is None or link.unlinked_at > at]
    records = list_records(refs=sorted(living))
    return find_holding(
        [one for found in records.values() for one in found],
        device=group.asked,
        purposes=site.purposes,
        controller=site.controller,
        terms=get_terms(at=at),
        linked_at=max((link.linked_at for link in links), default=None),
        at=at,
    )
