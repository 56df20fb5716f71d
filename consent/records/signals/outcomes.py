"""Reads of what became of recorded signals, and of their sealed texts, for who looks at some of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from consent.records.models import ConsentRecord
from consent.records.signals.reads import as_choice_record
from consent.records.types import SIGNAL_ID, ChoiceRecord, SignalKind, SignalOnRecord
from consent.subjects.private_parts import open_parts
from consent.subjects.queries import one_of
from consent.subjects.types import SubjectRef


def list_choices_of_signals(
    event_ids: Iterable[str], *, refs: Iterable[SubjectRef]
) -> Mapping[str, Sequence[ChoiceRecord]]:
    """Return what was recorded for `refs` of each of these signals, by its id, in order. One statement.

    A no is recorded for everybody whom a signal's identifiers lead to, its signal for one of them.
    """
    wanted = list(event_ids)
    if not wanted:
        return {}
    rows = ConsentRecord.objects.filter(subject__in=one_of(refs), refers_to__in=wanted)
    found: defaultdict[str, list[ChoiceRecord]] = defaultdict(list)
    for row in rows.order_by("subject", "version").values():
        found[row["refers_to"]].append(as_choice_record(row))
    return found


def get_kinds_of_records(record_ids: Iterable[str]) -> dict[str, SignalKind]:
    """Return by which kind of signal each of these choices came, of those that did. One statement."""
    kinds = {kind.value: kind for kind in SignalKind}
    rows = ConsentRecord.objects.filter(
        record_id__in=[one for one in record_ids if one], refers_to__startswith=f"{SIGNAL_ID}_"
    ).order_by("record_id")
    found = rows.values_list("record_id", "method")
    return {one: kinds[name] for one, way in found if (name := way.partition(":")[0]) in kinds}


def list_texts_of_signals(signals: Iterable[SignalOnRecord]) -> Mapping[str, str]:
    """Return the texts of `signals`, by their ids. Two statements, however many; none without signals.

    :raises SubjectStateUnreadable: if one does not open. That of somebody erased never does.
    """
    parts = open_parts({one.event_id: one.subject_ref for one in signals})
    return {event_id: part["text"] for event_id, part in parts.items()}
