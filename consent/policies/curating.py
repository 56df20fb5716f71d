"""Writes of the organisation's own terms. Every change is an event in the ledger's `policy` stream."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime

from django.db import connection, transaction

from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.policies.models import TaxonomyTerm
from consent.policies.queries import get_vocabulary
from consent.policies.taxonomy.fides_reading import read_manifest
from consent.policies.taxonomy.terms import Term, TermCounts, TermKind
from consent.policies.taxonomy.vocabulary import load_fideslang

_LOCK = 0x5445524D  # "TERM": one transaction at a time writes terms


class UnknownParent(AccordantError):
    """The term stands below one that nobody knows."""

    code = "taxonomy_unknown_parent"
    status = 409


@transaction.atomic
def import_terms(
    *, text: str, file: str, at: datetime, officer_id: int | None = None, replace: bool = False
) -> TermCounts:
    """Write the terms of the Fides manifest `text`, which was read from the file named `file`.

    A term that an officer wrote last is kept as it is, unless `replace`. Terms that the manifest does not
    name are let be. The same import again changes nothing.

    :raises ManifestRefused: with every fault of the manifest.
    """
    _lock()
    manifest = read_manifest(text, get_vocabulary())
    plan = list(_plan(manifest.terms, replace=replace))
    for _, row in plan:
        if row is not None:
            row.source, row.file, row.changed_at = "fides", file[-200:], at
            row.save()
    counts = _count(plan)
    if counts.added or counts.changed:
        digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
        _record("taxonomy_imported", at=at, officer=officer_id, file_digest=digest, counts=asdict(counts))
    return counts


def check_terms(*, text: str, replace: bool = False) -> TermCounts:
    """Return what `import_terms` would do. Writes nothing.

    :raises ManifestRefused: with every fault of the manifest.
    """
    return _count(_plan(read_manifest(text, get_vocabulary()).terms, replace=replace))


@transaction.atomic
def save_term(*, term: Term, officer_id: int | None, at: datetime) -> int:
    """Write one term as an officer wants it, and return the id of its row.

    :raises UnknownParent: if the key above it is not known: add that first.
    :raises ValidationError: if the table would refuse it, with what is wrong by field.
    """
    _lock()
    check_parent(kind=term.kind, parent=term.parent)
    row = TaxonomyTerm.objects.filter(kind=term.kind, key=term.key).order_by("pk").first()
    row = _shaped(row or TaxonomyTerm(kind=term.kind, key=term.key), term)
    row.source, row.file, row.changed_at = "officer", "", at
    row.full_clean()
    row.save()
    facts = {"term_kind": term.kind.value, "key": term.key, "active": term.active}
    _record("taxonomy_term_written", at=at, officer=officer_id, **facts)
    return row.pk


def check_parent(*, kind: TermKind, parent: str) -> None:
    """Return if `parent` is empty or known.

    :raises UnknownParent: if it is not.
    """
    if parent and get_vocabulary().find(kind, parent) is None:
        raise UnknownParent(f"the {kind.words} above it, {parent!r}, is not known: add it first")


def _plan(terms: Iterable[Term], *, replace: bool) -> Iterator[tuple[str, TaxonomyTerm | None]]:
    """Yield for each term what becomes of it, and the row to write if there is one."""
    rows = {(TermKind(row.kind), row.key): row for row in TaxonomyTerm.objects.order_by("pk")}
    for term in terms:
        place = (term.kind, term.key)
        row = rows.get(place)
        if row is None:
            is_shipped = term.active and place in load_fideslang()
            fresh = _shaped(TaxonomyTerm(kind=term.kind, key=term.key), term)
            yield ("shipped", None) if is_shipped else ("added", fresh)
        elif (row.name, row.description, row.active) == (term.name, term.description, term.active):
            yield "unchanged", None
        elif row.source == "officer" and not replace:
            yield "kept", None
        else:
            yield "changed", _shaped(row, term)


def _count(plan: Iterable[tuple[str, TaxonomyTerm | None]]) -> TermCounts:
    return TermCounts(**Counter(outcome for outcome, _ in plan))


def _shaped(row: TaxonomyTerm, term: Term) -> TaxonomyTerm:
    row.name, row.description, row.active = term.name, term.description, term.active
    return row


def _lock() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _record(kind: str, *, at: datetime, **facts: object) -> None:
    ledger.append(stream=Stream.POLICY, entries=[NewEntry(kind=kind, body={"at": rfc3339(at), **facts})])
