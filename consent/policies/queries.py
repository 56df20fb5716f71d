"""Reads of policies."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from consent.kernel import canonical
from consent.policies.document.codes import explain_unknown, load_codes
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from consent.policies.errors import VersionAmbiguous, VersionNotFound
from consent.policies.law.clocks import get_clocks as get_clocks  # noqa: PLC0414 - read by other rooms
from consent.policies.law.lint import find_warnings
from consent.policies.law.stored import get_law as get_law  # noqa: PLC0414 - read from here by other floors
from consent.policies.models import Acknowledgement, PolicyVersion, Simulation, TaxonomyTerm
from consent.policies.taxonomy.terms import Term, TermKind
from consent.policies.taxonomy.vocabulary import Vocabulary, load_shipped
from consent.policies.types import (
    AttachedSimulation,
    Fault,
    PolicyStatus,
    PolicyWarning,
    PublishedPolicy,
    VersionStage,
    VersionSummary,
    VersionText,
)


def get_policy_in_force(*, at: datetime, key: str | None = None) -> PublishedPolicy | None:
    """Return the published version that took effect last before or at `at`; None if none had.

    Without `key`, of whatever policy: an organisation has one in force.
    """
    candidates = _published(key).filter(effective_at__lte=at).order_by("-effective_at", "-pk")
    return _published_policy(candidates.first())


def list_policies_from(*, at: datetime) -> tuple[PublishedPolicy, ...]:
    """Return the published version in force at `at` and those that follow, in the order they take effect."""
    holding = _published(None).filter(Q(next_effective_at__isnull=True) | Q(next_effective_at__gt=at))
    found = (_published_policy(row) for row in holding.order_by("effective_at", "pk"))
    return tuple(policy for policy in found if policy)


def find_in_force(*, at: datetime) -> VersionSummary | None:
    """Return the version in force at `at`, without its text; None if none is."""
    begun = PolicyVersion.objects.published().filter(effective_at__lte=at)
    row = begun.defer("document", "source").order_by("-effective_at", "-pk").first()
    return None if row is None else _summary(row)


def count_versions() -> dict[PolicyStatus, int]:
    """Return how many versions there are of each status."""
    counted = PolicyVersion.objects.order_by("status").values("status").annotate(versions=Count("pk"))
    return {PolicyStatus(status): count for status, count in counted.values_list("status", "versions")}


def get_policy_version(*, key: str, version: int) -> PublishedPolicy | None:
    """Return that version if it was published, whether it is in force or not; None otherwise."""
    return _published_policy(_published(key).filter(version=version).order_by("pk").first())


def list_versions(*, key: str | None = None) -> tuple[VersionSummary, ...]:
    """Return every version, drafts included, newest first."""
    rows = PolicyVersion.objects.of_key(key).defer("document").order_by("-created_at", "-pk")
    return tuple(_summary(row) for row in rows)


def find_version(*, number: int, key: str | None = None) -> VersionSummary:
    """Return the version that people mean by `number`, wherever it stands.

    :raises VersionNotFound: if there is none; :raises VersionAmbiguous: if several policies have one.
    """
    found = [one for one in list_versions(key=key) if one.version == number]
    if not found:
        numbers = ", ".join(str(one.version) for one in reversed(list_versions(key=key))) or "none"
        raise VersionNotFound(f"there is no version {number}; there are: {numbers}")
    if len(found) > 1:
        keys = ", ".join(sorted(one.key for one in found))
        raise VersionAmbiguous(f"several policies have that version: add --key, one of {keys}")
    return found[0]


def get_document(*, version_id: int) -> dict[str, Any] | None:
    """Return the document of a version, published or not; None if there is no such version."""
    text = PolicyVersion.objects.filter(pk=version_id).values_list("document", flat=True).first()
    if text is None:
        return None
    document: dict[str, Any] = canonical.loads(text)
    return document


def get_version_text(*, version_id: int) -> VersionText | None:
    """Return the text of a version, published or not; None if there is no such version."""
    row = PolicyVersion.objects.filter(pk=version_id).order_by("pk").first()
    if row is None:
        return None
    return VersionText(
        version_id=row.pk,
        key=row.key,
        version=row.version,
        status=PolicyStatus(row.status),
        digest=row.digest,
        canonical=row.document.encode(),
    )


def get_yaml(*, key: str, version: int) -> str | None:
    """Return a version as YAML, drafts included: as it was imported, to the byte, unless it was edited since.

    None if there is no such version.
    """
    row = PolicyVersion.objects.filter(key=key, version=version).order_by("pk").first()
    return None if row is None else row.source or write_yaml(canonical.loads(row.document))


def list_faults(*, version_id: int) -> tuple[Fault, ...]:
    """Return what is wrong with a version's text. Only a draft's can have faults, while it is edited."""
    document = get_document(version_id=version_id)
    return () if document is None else tuple(validate(document, get_vocabulary()))


def list_warnings(*, version_id: int, at: datetime) -> tuple[PolicyWarning, ...]:
    """Return where a version's text is laxer than the law table of that day, answered or not.

    Nothing of a draft that has faults: it can be held against the table once they are mended.
    """
    version = get_version_text(version_id=version_id)
    if version is None:
        return ()
    document = canonical.loads(version.canonical)
    if version.status == PolicyStatus.DRAFT and validate(document, get_vocabulary()):
        return ()
    return find_warnings(document, get_law(at=at.date()), at=at.date())


def list_open_warnings(*, version_id: int, at: datetime) -> tuple[PolicyWarning, ...]:
    """Return the warnings that nobody has answered yet."""
    answered = list_answered(version_id=version_id)
    return tuple(one for one in list_warnings(version_id=version_id, at=at) if one.key not in answered)


def list_answered(*, version_id: int) -> frozenset[str]:
    """Return the warnings that an officer answered, by their keys."""
    rows = Acknowledgement.objects.filter(version_id=version_id).order_by("pk")
    return frozenset(rows.values_list("warning_key", flat=True))


def get_simulation(*, version_id: int) -> AttachedSimulation | None:
    """Return the latest simulation of the version's text as it stands; None if there is none."""
    of_this_text = Simulation.objects.filter(version_id=version_id, digest=F("version__digest"))
    row = of_this_text.order_by("-simulated_at", "-pk").first()
    if row is None:
        return None
    return AttachedSimulation(
        digest=row.digest,
        figures=canonical.loads(row.figures),
        figures_digest=row.figures_digest,
        simulated_at=row.simulated_at,
    )


def get_stage(*, version_id: int, at: datetime) -> VersionStage | None:
    """Return where a version stands at `at`; None if there is no such version."""
    row = PolicyVersion.objects.with_stage(at).filter(pk=version_id).order_by("pk").first()
    return None if row is None else VersionStage(row.stage)  # type: ignore[attr-defined]  # annotated


def explain_code(code: str) -> str | None:
    """Return why `code` is no jurisdiction, with the one that was probably meant; None if it is one."""
    table, written = load_codes(), code.strip().upper()
    if table.is_known(code):
        return None
    likely = (written, table.mistaken.get(written, ""), written.partition("-")[0])
    meant = next((one for one in likely if table.is_known(one)), None)
    if meant is None:
        return explain_unknown(code, expected="a country such as DE, a US state, EU or EEA")
    return f"unknown code {code!r}; did you mean {meant!r}?"


def list_members_of(group: str) -> frozenset[str]:
    """Return the countries of a group of jurisdictions, such as EEA; none if it is no group."""
    return load_codes().groups.get(group, frozenset())


def get_names_of_data_subjects() -> dict[str, str]:
    """Return what kinds of people are called, by the slugs that policies name them by."""
    terms = get_vocabulary().terms.values()
    return {term.key: term.name for term in terms if term.kind is TermKind.DATA_SUBJECT}


def list_terms() -> tuple[Term, ...]:
    """Return what the organisation added to the taxonomy, renamed or switched off in it."""
    rows = TaxonomyTerm.objects.order_by("kind", "key", "pk")
    return tuple(
        Term(
            kind=TermKind(row.kind),
            key=row.key,
            name=row.name,
            description=row.description,
            active=row.active,
        )
        for row in rows
    )


def get_vocabulary() -> Vocabulary:
    """Return what a policy may name now: what is shipped, with the organisation's own terms."""
    return load_shipped().with_terms(list_terms())


def _published(key: str | None) -> QuerySet[PolicyVersion]:
    """Return the published versions, each with the time at which the next one takes over."""
    following = PolicyVersion.objects.published().of_key(key)
    later = following.filter(effective_at__gt=OuterRef("effective_at")).order_by("effective_at", "pk")
    own = PolicyVersion.objects.published().of_key(key)
    return own.annotate(next_effective_at=Subquery(later.values("effective_at")[:1]))


def _published_policy(row: PolicyVersion | None) -> PublishedPolicy | None:
    if row is None or row.effective_at is None:
        return None
    until: datetime | None = row.next_effective_at  # type: ignore[attr-defined]  # annotated by _published
    return PublishedPolicy(
        key=row.key,
        version=row.version,
        digest=row.digest,
        canonical=row.document.encode(),
        in_force_from=row.effective_at,
        in_force_until=until,
    )


def _summary(row: PolicyVersion) -> VersionSummary:
    return VersionSummary(
        version_id=row.pk,
        key=row.key,
        version=row.version,
        status=PolicyStatus(row.status),
        digest=row.digest,
        author_id=row.author_id,
        approver_id=row.approver_id,
        created_at=row.created_at,
        approved_at=row.approved_at,
        published_at=row.published_at,
        effective_at=row.effective_at,
    )
