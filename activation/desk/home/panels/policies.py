"""Policies: what is in force, what waits for approval, and where the one in force is laxer than the law."""

from collections.abc import Iterator, Mapping

from django.core.cache import cache

from activation.desk.home.addresses import address_of, count_of, say_count
from activation.desk.home.types import Advice, Asked, Figure, Need, Panel, Tone
from consent.policies.queries import count_versions, find_in_force, list_answered, list_warnings
from consent.policies.types import PolicyStatus, VersionSummary

PERMISSIONS = ("consent_policies.view_policyversion",)
APPROVE, PUBLISH = "consent_policies.approve_policyversion", "consent_policies.publish_policyversion"
_LIST = "consent_policies_policyversion_changelist"
_PAGE = "consent_policies_policyversion_change"
_KEPT = 300
"""Seconds that a text's warnings are remembered: the law table is held against it anew after that."""
_Counts = Mapping[PolicyStatus, int]


def lay_out(asked: Asked) -> Panel:
    """Return the panel."""
    counts, in_force = count_versions(), find_in_force(at=asked.at)
    is_begun = bool(counts.get(PolicyStatus.PUBLISHED))
    warnings = _count_open_warnings(in_force, asked)
    return Panel(
        key="policies",
        title="Policy",
        address=address_of(_LIST),
        sentence=f"In force: {in_force.key} {in_force.version}." if in_force else "",
        figures=(
            _tell_in_force(in_force),
            count_of("Warnings open", warnings, _page_of(in_force), tone=Tone.WRONG),
            _count("Wait for approval", counts, PolicyStatus.IN_REVIEW, Tone.WAITS),
            _count("Wait to be published", counts, PolicyStatus.APPROVED, Tone.WAITS),
            _count("Drafts", counts, PolicyStatus.DRAFT, Tone.CALM),
        ),
        needs=tuple(_list_needs(asked, counts, in_force, warnings)),
        advice=None if is_begun else _advise(counts),
    )


def _list_needs(
    asked: Asked, counts: _Counts, in_force: VersionSummary | None, warnings: int
) -> Iterator[Need]:
    if counts.get(PolicyStatus.PUBLISHED) and in_force is None:
        yield Need("No policy is in force: everything is denied", address_of(_LIST), Tone.WRONG)
    if warnings:
        words = say_count(
            warnings,
            "warning about the policy in force is open",
            "warnings about the policy in force are open",
        )
        yield Need(words, _page_of(in_force))
    if (waiting := counts.get(PolicyStatus.IN_REVIEW, 0)) and asked.may(APPROVE):
        words = say_count(waiting, "draft waits for approval", "drafts wait for approval")
        yield Need(words, _listed(PolicyStatus.IN_REVIEW), Tone.WAITS)
    if (approved := counts.get(PolicyStatus.APPROVED, 0)) and asked.may(PUBLISH):
        words = say_count(approved, "approved draft is not published", "approved drafts are not published")
        yield Need(words, _listed(PolicyStatus.APPROVED), Tone.WAITS)


def _count_open_warnings(in_force: VersionSummary | None, asked: Asked) -> int:
    if in_force is None:
        return 0
    number, day = in_force.version_id, asked.at.date()
    found = cache.get_or_set(
        f"desk.home.warnings.{number}.{day}",
        lambda: frozenset(one.key for one in list_warnings(version_id=number, at=asked.at)),
        _KEPT,
    )
    return len(frozenset(found or ()) - list_answered(version_id=number))


def _tell_in_force(in_force: VersionSummary | None) -> Figure:
    told = f"{in_force.key} {in_force.version}" if in_force else "none"
    return Figure("In force", told, _page_of(in_force))


def _count(label: str, counts: _Counts, status: PolicyStatus, tone: Tone) -> Figure:
    return count_of(label, counts.get(status, 0), _listed(status), tone=tone)


def _listed(status: PolicyStatus) -> str:
    return address_of(_LIST, status__exact=status.value)


def _page_of(version: VersionSummary | None) -> str:
    return address_of(_LIST) if version is None else address_of(_PAGE, version.version_id)


def _advise(counts: _Counts) -> Advice:
    if counts:
        words = "No policy is published yet, so everything is denied. Bring a draft through its review:"
        return Advice(words, address_of(_LIST), "open the drafts")
    return Advice("No policy is published yet, so everything is denied:", address_of(_LIST), "write one")
