"""What must be true after a schedule, whatever was killed. Each function yields what is not."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise

from consent.kernel.checkpoints import Checkpoint
from consent.kernel.consistency import verify_consistency
from consent.kernel.merkle import EMPTY_ROOT
from consent.kernel.nodes import stored_consistency_path
from consent.ledger import models, queries, services, signing
from consent.ledger.types import LedgerChecks, LedgerEntry
from consent.records import queries as records
from consent.records.models import ConsentRecord
from consent.subjects import queries as subjects
from consent.subjects.models import Subject
from lineage.events.types import EventType
from lineage.outbox.models import OutboxEvent
from tests.chaos.plans import Operation
from tests.chaos.watcher import read_seen
from tests.chaos.writing import Acknowledged, Journal
from tests.lineage_leaks import find_leaks
from tests.lineage_walk import find_disorder

EVERYTHING = 1_000_000


def find_faults(
    operations: Iterable[tuple[Journal, tuple[Operation, ...]]], seen: list[bytes]
) -> Iterator[str]:
    """Yield everything that is wrong with the database that Django is connected to."""
    leaves = queries.list_changes(after=0, limit=EVERYTHING)
    written = _records_by_operation()
    for journal, planned in operations:
        yield from _check_operations(planned, journal, written)
    yield from _check_places(leaves)
    yield from _check_order(leaves)
    yield from _check_ledger()
    yield from _check_checkpoints(seen)
    yield from _check_lineage()


def _check_lineage() -> Iterator[str]:
    """No event of whatever was killed holds a reference or an identifier, and every run is in order."""
    refs = set(Subject.objects.values_list("ref", flat=True))
    told = list(OutboxEvent.objects.order_by("pk").values_list("run_id", "event_type", "payload"))
    yield from sorted({leak for _, _, payload in told for leak in find_leaks(payload, refs)})
    yield from find_disorder((str(run_id), EventType(kind)) for run_id, kind, _ in told)


def _records_by_operation() -> dict[str, list[Acknowledged]]:
    rows = ConsentRecord.objects.order_by("pk").values_list("form", "subject_id", "version", "record_id")
    found: dict[str, list[Acknowledged]] = defaultdict(list)
    for form, ref, version, record_id in rows:
        found[form].append(Acknowledged(ref, version, (record_id,)))
    return found


def _check_operations(
    planned: Iterable[Operation], journal: Journal, written: Mapping[str, list[Acknowledged]]
) -> Iterator[str]:
    acknowledged = journal.read_acknowledged()
    for operation in planned:
        told, found = acknowledged.get(operation.name), written.get(operation.name, [])
        if told is None and operation.is_keyed:
            yield f"{operation.name} was never acknowledged"
        if told is not None and Counter(told) - Counter(found):
            yield f"{operation.name} was acknowledged, and is lost"
        if len(found) > len(operation.people):
            yield f"{operation.name} is written {len(found)} times for {len(operation.people)} rows: doubled"
        if len(found) not in {0, len(operation.people)}:
            yield f"{operation.name} is written by half"


def _check_places(leaves: list[LedgerEntry]) -> Iterator[str]:
    """Every record has one leaf, every leaf of a choice its record, and nothing waits."""
    places = Counter(entry.event_id for entry in leaves)
    told = {entry.event_id for entry in leaves if entry.kind == "choice_recorded"}
    ids = set(ConsentRecord.objects.values_list("pk", flat=True))
    yield from (f"{event_id} has {count} leaves" for event_id, count in places.items() if count > 1)
    yield from (f"record {record_id} has no leaf" for record_id in sorted(ids - told))
    yield from (f"leaf {event_id} has no record" for event_id in sorted(told - ids))
    if pending := models.PendingEvent.objects.count():
        yield f"{pending} events never got a place"


def _check_order(leaves: list[LedgerEntry]) -> Iterator[str]:
    versions: dict[str, list[int]] = defaultdict(list)
    for entry in leaves:
        versions[entry.subject_ref or ""].append(entry.subject_version or 0)
    latest = dict(Subject.objects.values_list("ref", "version"))
    for ref, counted in versions.items():
        if counted != list(range(1, latest.get(ref, 0) + 1)):
            yield f"{ref} has version {latest.get(ref)}, and its leaves have, in their order, {counted}"


def _check_ledger() -> Iterator[str]:
    telling = subjects.TellingCheck()
    checks = LedgerChecks(
        copies=[records.check_records, subjects.check_facts, telling.check],
        untold=[records.find_untold_records, subjects.find_untold, telling.finish],
    )
    report = services.verify_ledger(key=signing.get_signing_key().verify_key, checks=checks)
    yield from map(str, report.findings)
    if report.leaves != report.signed_size:
        yield f"{report.leaves} leaves, and {report.signed_size} of them are signed"


def _check_checkpoints(seen: list[bytes]) -> Iterator[str]:
    """Every checkpoint that anybody saw is still there, and each is consistent with the next."""
    stored = [
        bytes(note) for note in models.Checkpoint.objects.order_by("number").values_list("note", flat=True)
    ]
    yield from (f"a checkpoint was seen and is gone: {note!r}" for note in seen if note not in stored)
    key = signing.get_signing_key().verify_key
    chain = read_seen(seen, key)
    if stored:
        chain += read_seen(stored[-1:], key)
    for first, second in pairwise(chain):
        if not _are_consistent(first, second):
            yield f"checkpoints of {first.size} and {second.size} leaves are of two logs: forked"


def _are_consistent(first: Checkpoint, second: Checkpoint) -> bool:
    if first.size > second.size:
        return False
    wanted: set[tuple[int, int]] = set()

    def note_down(level: int, index: int) -> bytes:
        wanted.add((level, index))
        return EMPTY_ROOT

    stored_consistency_path(first.size, second.size, note_down)
    try:
        nodes = queries.get_nodes(wanted)
    except LookupError:
        return False
    path = stored_consistency_path(first.size, second.size, lambda level, index: nodes[level, index])
    return verify_consistency(
        first=first.size,
        second=second.size,
        first_root=first.root,
        second_root=second.root,
        path=path,
    )
