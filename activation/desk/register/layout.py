"""The register laid out for readers: the same titles and lines in the admin, in HTML and in PDF. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from activation.decisions.compiled import EVERYWHERE
from activation.desk.register.types import (
    Difference,
    Entry,
    Ground,
    ProcessingRegister,
    Recipient,
    Registration,
    Stated,
    Weight,
)

TITLE = "Register of processing"
WEIGHTS: Mapping[Weight, str] = {
    Weight.URGENT: "Urgent",
    Weight.CHECK: "To check",
    Weight.NOTE: "To note",
}
_STANDINGS: Mapping[Registration, str] = {
    Registration.REGISTERED: "",
    Registration.SUSPENDED: "suspended: gets nothing",
    Registration.NOT_REGISTERED: "not registered: gets nothing",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, and whether it says that something is missing."""

    text: str
    gap: bool = False
    place: str | None = None
    """Where an officer can say it."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entry, with what stands in it."""

    label: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One entry."""

    reference: str
    title: str
    fields: tuple[Field, ...]
    differences: tuple[Difference, ...]
    gaps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole register as a reader sees it."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    scope: str
    measures: tuple[str, ...]
    differences: tuple[tuple[str, str, str], ...]
    """Weight, what was found, and what to do about it."""
    sections: tuple[Section, ...]
    left_out: tuple[tuple[str, str], ...]


def lay_out(register: ProcessingRegister) -> Page:
    """Return the register as titles and lines."""
    by_entry: dict[str, list[Difference]] = {}
    for one in register.differences:
        by_entry.setdefault(one.reference, []).append(one)
    return Page(
        title=TITLE,
        subtitle=register.policy.title,
        facts=tuple(_facts(register)),
        scope=register.scope,
        measures=register.measures,
        differences=tuple((WEIGHTS[one.weight], one.words, one.advice) for one in register.differences),
        sections=tuple(lay_out_entry(one, by_entry.get(one.reference, ())) for one in register.entries),
        left_out=tuple((f"{one.title} ({one.purpose})", one.reason) for one in register.left_out),
    )


def lay_out_entry(entry: Entry, differences: Iterable[Difference]) -> Section:
    """Return one entry as titles and lines, with those of `differences` that belong to it."""
    own = tuple(one for one in differences if one.purpose and one.reference == entry.reference)
    return Section(
        reference=entry.reference,
        title=f"{entry.purpose.title}, {entry.controller.name}",
        fields=tuple(_fields(entry, own)),
        differences=own,
        gaps=len(entry.gaps),
    )


def tell_time(moment: datetime) -> str:
    """Return a moment as readers see it."""
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _facts(register: ProcessingRegister) -> Iterator[tuple[str, str]]:
    policy = register.policy
    until = f", until {tell_time(policy.ends_at)}" if policy.ends_at else ""
    yield "As of", tell_time(register.at)
    yield "Made", f"{tell_time(register.generated_at)}, from a ledger of {register.watermark:,} entries"
    yield "Policy", f"{policy.key} {policy.version}, in force from {tell_time(policy.effective_at)}{until}"
    yield "Digest of the policy", policy.digest
    yield "Entries", f"{len(register.entries):,}"
    yield "To fill in", f"{register.gaps:,}"
    yield "Differences", f"{len(register.differences):,}"


def _fields(entry: Entry, differences: tuple[Difference, ...]) -> Iterator[Field]:
    controller, purpose = entry.controller, entry.purpose
    named = f"{controller.name} ({controller.slug}), established in {', '.join(controller.establishments)}"
    yield Field("Reference", (Line(entry.reference),))
    yield Field("Controller", (Line(named), _said(controller.contact)))
    yield Field("Joint controllers", (_said(controller.joint_controllers),))
    yield Field("Representative", (_said(controller.representative),))
    yield Field("Data protection officer", (_said(controller.data_protection_officer),))
    dpv = f"; DPV: {purpose.dpv}" if purpose.dpv else ""
    yield Field(
        "Purpose",
        (
            Line(f"{purpose.title} ({purpose.slug})"),
            Line(purpose.description),
            Line(f"Data use: {purpose.data_use}{dpv}"),
        ),
    )
    yield Field("Legal basis", tuple(Line(_ground(one)) for one in entry.grounds))
    yield Field("Data subjects", (_said(entry.data_subjects),))
    categories = tuple(
        Line(f"{one.title} ({one.data_category}){', special category' if one.special else ''}")
        for one in entry.data_categories
    )
    yield Field("Personal data", categories or (Line("None is named."),))
    recipients = tuple(Line(_recipient(one)) for one in entry.recipients)
    yield Field("Recipients", recipients or (Line("None: the policy maps no destination to it."),))
    transfers = tuple(
        _said(one.safeguards, before=f"{one.name}, {one.country}: ") for one in entry.recipients
    )
    third = tuple(line for line in transfers if line.text)
    yield Field("Transfers to third countries", third or (Line("None to a recipient that is declared."),))
    yield Field("Time limits for erasure", tuple(map(_said, entry.retention)))
    owed = tuple(Line(f"Rule {one.rule}: {one.obligations}.") for one in entry.grounds if one.obligations)
    if owed:
        yield Field("Done before data leaves", owed)
    yield Field("Security measures", (Line("Of this service: see the end."), _said(entry.measures)))
    if differences:
        yield Field("Differences", tuple(Line(f"{WEIGHTS[one.weight]}: {one.words}") for one in differences))


def _said(stated: Stated | None, *, before: str = "") -> Line:
    return Line(f"{before}{stated.text}", stated.is_gap, stated.place) if stated else Line("")


def _ground(one: Ground) -> str:
    parts = [
        f"{one.legal_basis.replace('_', ' ')} in {', '.join(one.jurisdictions)} (rule {one.rule})",
        "direct marketing" if one.direct_marketing else "",
        f"resting on {one.assessment}" if one.assessment else "",
        f"special categories by {one.special_condition}" if one.special_condition else "",
        f"a consent lasts {one.consent_lasts}" if one.consent_lasts else "",
        _transfers(one),
    ]
    return "; ".join(part for part in parts if part)


def _recipient(one: Recipient) -> str:
    parts = [
        f"{one.name} ({one.slug}): {one.kind}, {one.role}, in {one.country}",
        f"contract {one.contract}" if one.contract else "no contract is named",
        f"gets {', '.join(one.data_categories)}" if one.data_categories else "gets nothing",
        f"under the rules of {', '.join(one.permitted_in)}"
        if one.permitted_in
        else "no rule lets data go to its country",
        _STANDINGS[one.registration],
    ]
    return "; ".join(part for part in parts if part)


def _transfers(one: Ground) -> str:
    if EVERYWHERE in one.transfer_countries:
        return "data may go anywhere"
    return (
        f"data may go to {', '.join(one.transfer_countries)}" if one.transfer_countries else "no data may go"
    )
