"""What is known, before a batch is written, of those whom its signals are about. Read under their locks."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from consent.records.models import ConsentRecord, RecordedSignal
from consent.records.queries import list_records
from consent.records.signals.reads import read_conflict, read_unread
from consent.records.types import SIGNAL_ID, YES, ChoiceRecord, NewSignal, SignalKind
from consent.signals.mapping.types import Conflict, Unread
from consent.subjects.queries import list_facts, list_links, one_of
from consent.subjects.rules import group_refs
from consent.subjects.types import Fact, FactName, SubjectRef

_DOMAIN = b"accordant/signal/1\n"
_PLACES = frozenset({FactName.RESIDENCE, FactName.LOCATION})


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierSignal:
    """A signal that is on record."""

    event_id: str
    kind: SignalKind
    controller: str
    digest: str
    effective_at: datetime
    conflicts: tuple[Conflict, ...] = ()
    unread: tuple[Unread, ...] = ()


@dataclass(slots=True)
class Known:
    """The choices, signals and places of some subjects; the batch adds what it writes."""

    groups: dict[SubjectRef, frozenset[SubjectRef]] = field(default_factory=dict)
    """Whom links in force join each to, itself included."""
    records: defaultdict[SubjectRef, list[ChoiceRecord]] = field(default_factory=lambda: defaultdict(list))
    sources: dict[str, str] = field(default_factory=dict)
    """By record: the signal's source that it was read from."""
    signals: defaultdict[SubjectRef, list[EarlierSignal]] = field(default_factory=lambda: defaultdict(list))
    """In the order of their versions."""
    facts: defaultdict[SubjectRef, list[Fact]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(cls, refs: Collection[SubjectRef]) -> "Known":
        """Return what is known of `refs` and of whoever is linked to them. Seven statements, however many.

        A link counts from the moment that it is written: this very batch may have made it.
        """
        links = [link for link in list_links(refs) if link.unlinked_at is None]
        known = cls(group_refs(refs=refs, links=links))
        members = {member for group in known.groups.values() for member in group}
        for ref, records in list_records(refs=members).items():
            known.records[ref] += records
        known.sources.update(_list_sources(members))
        for ref, signal in _list_earlier(members):
            known.signals[ref].append(signal)
        for ref, facts in list_facts(members).items():
            known.facts[ref] += [fact for fact in facts if fact.name in _PLACES]
        return known

    def add_record(self, record: ChoiceRecord, *, source: str | None) -> None:
        """Take note of a record that is written; `source` is its signal's, if it came by one."""
        self.records[SubjectRef(record.subject_ref)].append(record)
        if source is not None:
            self.sources[record.record_id] = source

    def members(self, refs: Iterable[SubjectRef]) -> frozenset[SubjectRef]:
        """Return `refs` and whoever is linked to one of them."""
        return frozenset(member for ref in refs for member in self.groups.get(ref, frozenset({ref})))

    def list_records(self, refs: Iterable[SubjectRef]) -> list[ChoiceRecord]:
        """Return what these subjects, and whoever is linked to them, chose."""
        return [record for member in self.members(refs) for record in self.records.get(member, ())]

    def list_places(self, refs: Iterable[SubjectRef], *, controller: str | None, at: datetime) -> set[str]:
        """Return where they live and are, as the latest fact of each name says that holds at `at`."""
        found: dict[tuple[SubjectRef, FactName, str | None], str] = {}
        for member in self.members(refs):
            facts = sorted(self.facts.get(member, ()), key=lambda one: (one.effective_at, one.version))
            for fact in facts:
                is_in_force = fact.effective_at <= at and (fact.until is None or at < fact.until)
                if is_in_force and (controller is None or fact.controller in {None, controller}):
                    found[member, fact.name, fact.controller] = fact.value
        return set(found.values())

    def find_earlier(
        self, ref: SubjectRef, signal: NewSignal, *, controller: str | None, digest: str
    ) -> EarlierSignal | None:
        """Return the subject's signal that says the same; None if it says something else than the latest.

        One that has a time of its own is the same signal, however many came between; so is one that is told
        to have been given at the same moment.
        """
        same_kind = [
            one
            for one in self.signals.get(ref, ())
            if one.kind is signal.kind and one.controller == (controller or "")
        ]
        looked_at = (
            one
            for one in reversed(same_kind)
            if signal.has_own_time or one is same_kind[-1] or one.effective_at == signal.effective_at
        )
        return next((one for one in looked_at if hmac.compare_digest(one.digest, digest)), None)


def find_granted_by_strings(
    refs: Collection[SubjectRef], *, after: datetime | None = None
) -> set[SubjectRef]:
    """Return those of `refs` who have a yes on record that a string said, as of a time later than `after`."""
    rows = ConsentRecord.objects.filter(
        subject__in=one_of(refs), choice__in=sorted(YES), refers_to__startswith=f"{SIGNAL_ID}_"
    )
    if after is not None:
        rows = rows.filter(effective_at__gt=after)
    found = rows.order_by("subject").distinct("subject").values_list("subject", flat=True)
    return {SubjectRef(ref) for ref in found}


def digest_of(signal: NewSignal, data_key: bytes) -> str:
    """Return what stands for the signal's text in the open: nobody without the subject's key can guess it."""
    key = hmac.digest(data_key, _DOMAIN, hashlib.sha256)
    return hmac.digest(key, f"{signal.kind.value}\n{signal.text}".encode(), hashlib.sha256).hex()


def _list_sources(refs: Collection[SubjectRef]) -> Iterable[tuple[str, str]]:
    signals = RecordedSignal.objects.filter(subject__in=one_of(refs)).values("event_id")
    rows = ConsentRecord.objects.filter(subject__in=one_of(refs), refers_to__in=signals)
    return rows.order_by("pk").values_list("record_id", "method")


def _list_earlier(refs: Collection[SubjectRef]) -> Iterable[tuple[SubjectRef, EarlierSignal]]:
    rows = RecordedSignal.objects.filter(subject__in=one_of(refs)).order_by("subject", "version")
    for row in rows:
        yield (
            SubjectRef(row.subject_id),
            EarlierSignal(
                event_id=row.event_id,
                kind=SignalKind(row.kind),
                controller=row.controller,
                digest=row.digest,
                effective_at=row.effective_at,
                conflicts=tuple(map(read_conflict, row.conflicts)),
                unread=tuple(map(read_unread, row.unread)),
            ),
        )
