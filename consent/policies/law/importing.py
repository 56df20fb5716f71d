"""Loads a law table into the rows that officers keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from consent.kernel import canonical
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from consent.policies.document.sealing import seal
from consent.policies.law.planning import Outcome, Plan, StoredRow, plan_import, was_edited, written
from consent.policies.law.reading import read_law
from consent.policies.law.rows import MODELS, place_of, row_of, value_of
from consent.policies.law.shipped import read_shipped_text
from consent.policies.law.types import LawTable, Place
from consent.policies.models import Jurisdiction

_LOCK = 0x4C415753  # "LAWS": one import at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLaw:
    """What an import did, or would do. Jurisdictions and the rows under them are counted together."""

    digest: str
    """`sha256:` and 64 hex digits, over the table as canonical JSON."""
    added: int
    changed: int
    unchanged: int
    kept: int
    """Rows that the table says otherwise, or no more, and that stay as an officer wrote them."""
    removed: int
    """Rows that an earlier import wrote, and that this table has no more."""
    kept_rows: tuple[str, ...]
    """The kept rows, in words."""


@transaction.atomic
def import_law(
    *, text: str | None = None, replace: bool = False, dry_run: bool = False, at: datetime
) -> ImportedLaw:
    """Make the rows of the law what the table `text` says; without a text, what the shipped table says.

    A table is all that is said of the jurisdictions it names; of others nothing is touched. Rows that an
    officer edited or added are kept, unless `replace`. Safe to run twice. With `dry_run` nothing is written.
    An import that changes anything is an event in the ledger's `policy` stream, with the table's digest and
    the counts.

    :raises LawRefused: with every fault of the table; nothing was written.
    """
    text = read_shipped_text() if text is None else text
    table = read_law(text)
    _take_turns()
    places = _plan_places(table, replace=replace)
    plan = plan_import(_stored(table), table.provisions, replace=replace)
    imported = _report(seal(canonical.loads(text))[1], places, plan)
    if not dry_run:
        _write(places, plan)
        if imported.added or imported.changed or imported.removed:
            _record(imported, at=at, replaced=replace)
    return imported


def _take_turns() -> None:
    """Let one transaction at a time look at the rows and change them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _stored(table: LawTable) -> list[StoredRow]:
    """Return the rows that are there of the table's jurisdictions, locked."""
    return [
        StoredRow(pk=row.pk, value=value_of(kind, row), imported=row.imported)
        for kind, model in MODELS.items()
        for row in model._default_manager.select_for_update()
        .filter(jurisdiction__in=list(table.places))
        .order_by("pk")
    ]


def _plan_places(table: LawTable, *, replace: bool) -> list[tuple[Place, Outcome]]:
    """Return the table's places, countries before their parts, and what becomes of each."""
    rows = Jurisdiction.objects.select_for_update().order_by("pk")
    stored = {row.pk: row for row in rows.filter(pk__in=list(table.places))}
    ordered = sorted(table.places.values(), key=lambda place: (place.parent is not None, place.code))
    return [(place, _outcome(place, stored.get(place.code), replace=replace)) for place in ordered]


def _outcome(place: Place, row: Jurisdiction | None, *, replace: bool) -> Outcome:
    if row is None:
        return Outcome.ADDED
    if place_of(row) == place:
        return Outcome.UNCHANGED
    kept = was_edited(place_of(row), row.imported) and not replace
    return Outcome.KEPT if kept else Outcome.CHANGED


def _write(places: Sequence[tuple[Place, Outcome]], plan: Plan) -> None:
    for place, outcome in places:
        if outcome is not Outcome.KEPT:
            Jurisdiction.objects.update_or_create(
                code=place.code,
                defaults={
                    "title": place.title,
                    "parent_id": place.parent,
                    "groups": list(place.groups),
                    "imported": written(place),
                },
            )
    for kind, model in MODELS.items():
        gone = [pk for owner, pk in plan.drop if owner is kind]
        model._default_manager.filter(pk__in=gone).delete()
        made = [row_of(value, imported=written(value)) for value in plan.make if type(value) is kind]
        model._default_manager.bulk_create(made)


def _report(digest: str, places: Sequence[tuple[Place, Outcome]], plan: Plan) -> ImportedLaw:
    counts = plan.outcomes.copy()
    counts.update(outcome for _, outcome in places)
    kept = [f"{place.code}, the jurisdiction itself" for place, outcome in places if outcome is Outcome.KEPT]
    kept += [_in_words(row) for row in plan.kept.values()]
    return ImportedLaw(
        digest=digest, kept_rows=tuple(sorted(kept)), **{one.value: counts[one] for one in Outcome}
    )


def _in_words(row: StoredRow) -> str:
    code, *slot = row.value.slot
    name = MODELS[type(row.value)]._meta.verbose_name
    return ", ".join([code, " ".join([str(name), *slot]), f"from {row.value.effective_from}"])


def _record(imported: ImportedLaw, *, at: datetime, replaced: bool) -> None:
    counts = {outcome.value: getattr(imported, outcome.value) for outcome in Outcome}
    body = {"digest": imported.digest, "at": rfc3339(at), "replaced": replaced, **counts}
    ledger.append(stream=Stream.POLICY, entries=[NewEntry(kind="law_imported", body=body)])
