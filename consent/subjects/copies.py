"""Whether what is stored about subjects says what the ledger says."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection

from consent.ledger.queries import list_pending, list_pruned_subjects, one_of
from consent.ledger.types import Finding, VerifiedEvent, rfc3339
from consent.subjects.models import IdentifierIndex, Subject, SubjectFact, SubjectLink

_FACT_COLUMNS = ("name", "controller", "effective_at", "until", "source")
_NOT_TOLD = """
    NOT EXISTS (SELECT FROM consent_ledger_leaf AS leaf WHERE leaf.event_id = {event})
    AND NOT EXISTS (SELECT FROM consent_ledger_pendingevent AS event WHERE event.event_id = {event})
"""
_UNTOLD_FACTS = f"""
    SELECT 'fact ' || fact_id, 'no event of the ledger tells of it'
    FROM consent_subjects_subjectfact WHERE {_NOT_TOLD.format(event="fact_id")} ORDER BY fact_id LIMIT 10
"""  # noqa: S608 - our own names
_UNTOLD_IDENTIFIERS = f"""
    SELECT 'identifier ' || event_id, 'no event of the ledger tells of it'
    FROM consent_subjects_identifierindex AS row
    WHERE {_NOT_TOLD.format(event="row.event_id")} ORDER BY event_id LIMIT 10
"""  # noqa: S608
_LOST_IDENTIFIERS = """
    SELECT 'identifier ' || event_id, 'leaf ' || index || ' tells of it, and it leads nowhere'
    FROM consent_ledger_leaf AS leaf
    WHERE kind = 'identifier_recorded'
    AND NOT EXISTS (SELECT FROM consent_subjects_identifierindex AS row WHERE row.event_id = leaf.event_id)
    AND NOT EXISTS (
        SELECT FROM consent_subjects_subject AS subject
        WHERE subject.ref = leaf.subject_ref AND subject.erased_at IS NOT NULL
    )
    ORDER BY index LIMIT 10
"""
_WRONG_VERSIONS = """
    WITH told AS (
        SELECT subject_ref AS ref, max(subject_version) AS version FROM (
            SELECT subject_ref, subject_version FROM consent_ledger_leaf
            UNION ALL
            SELECT subject_ref, subject_version FROM consent_ledger_pendingevent
        ) AS event WHERE subject_ref <> '' GROUP BY subject_ref
    )
    SELECT 'subject ' || coalesce(subject.ref, told.ref),
        'its version is ' || coalesce(subject.version::text, 'missing')
        || ', and the ledger tells of ' || coalesce(told.version, 0)
    FROM consent_subjects_subject AS subject FULL JOIN told ON told.ref = subject.ref
    WHERE subject.version IS DISTINCT FROM coalesce(told.version, 0)
    ORDER BY 1 LIMIT 10
"""


_FOLLOWED = (
    "subjects_linked",
    "subjects_unlinked",
    "subject_erased",
    "identifier_recorded",
    "identifier_verified",
)


def check_facts(events: Sequence[VerifiedEvent]) -> Iterator[Finding]:
    """Yield each fact that is missing, or has a column that differs from its event."""
    told = {event.event_id: event for event in events if event.kind == "fact_recorded"}
    rows = SubjectFact.objects.filter(fact_id__in=one_of(told)).values(
        "fact_id", "subject_id", "version", "recorded_at", *_FACT_COLUMNS
    )
    found = {row["fact_id"]: row for row in rows}
    for event in told.values():
        row = found.get(event.event_id)
        if row is None:
            yield Finding(f"fact {event.event_id}", f"leaf {event.index} tells of it, and it is missing")
        else:
            yield from _compare_fact(row, event)


def _compare_fact(row: Mapping[str, Any], event: VerifiedEvent) -> Iterator[Finding]:
    envelope, body = event.envelope, event.envelope["body"]
    pairs = [
        ("subject_ref", row["subject_id"], envelope["subject_ref"]),
        ("version", row["version"], envelope["subject_version"]),
        ("recorded_at", rfc3339(row["recorded_at"]), envelope["recorded_at"]),
        ("name", row["name"], body.get("name")),
        ("controller", row["controller"] or None, body.get("controller")),
        ("effective_at", rfc3339(row["effective_at"]), body.get("effective_at")),
        ("until", _time(row["until"]), body.get("until")),
        ("source", row["source"], body.get("source")),
    ]
    for name, column, said in pairs:
        if column != said:
            yield Finding(f"fact {event.event_id}", f"the column {name} is not what leaf {event.index} says")


def find_untold() -> Iterator[Finding]:
    """Yield facts, identifiers and versions of subjects that the ledger does not tell of: ten of each."""
    with connection.cursor() as cursor:
        for statement in (_UNTOLD_FACTS, _UNTOLD_IDENTIFIERS, _LOST_IDENTIFIERS, _WRONG_VERSIONS):
            cursor.execute(statement)
            for record, fault in cursor.fetchall():
                yield Finding(record, fault)


@dataclass(slots=True)
class TellingCheck:
    """Follows what the ledger tells of links, erasures and proofs of identifiers, and compares it at the end.

    It keeps one entry for each link, erasure and identifier that there ever was. What an event told that was
    pruned since is compared with nothing.
    """

    links: dict[tuple[str, str], list[dict[str, str | None]]] = field(default_factory=dict)
    erased: dict[str, str | None] = field(default_factory=dict)
    identifiers: dict[str, tuple[str, str, bool]] = field(default_factory=dict)

    def check(self, events: Sequence[VerifiedEvent]) -> Iterator[Finding]:
        """Follow these events; nothing is compared yet."""
        for event in events:
            self._follow(event.event_id, event.envelope)
        return iter(())

    def finish(self) -> Iterator[Finding]:
        """Yield each link, erasure and identifier that is not as the ledger tells, the pending ones too."""
        for event_id, envelope in list_pending(_FOLLOWED):
            self._follow(event_id, envelope)
        forgotten = set(list_pruned_subjects())
        yield from self._compare_links(forgotten)
        yield from self._compare_erasures(forgotten)
        yield from self._compare_identifiers()

    def _follow(self, event_id: str, envelope: Mapping[str, Any]) -> None:
        body, ref = envelope["body"], envelope["subject_ref"]
        match envelope["kind"]:
            case "subjects_linked":
                link = {
                    "linked_at": body["linked_at"],
                    "recorded_at": envelope["recorded_at"],
                    "provenance": body["provenance"],
                    "unlinked_at": None,
                }
                self.links.setdefault((body["left"], body["right"]), []).append(link)
            case "subjects_unlinked":
                if links := self.links.get((body["left"], body["right"])):
                    links[-1]["unlinked_at"] = body["unlinked_at"]
            case "subject_erased":
                self.erased[ref] = body["erased_at"]
            case "identifier_recorded":
                self.identifiers[event_id] = (ref, body["kind"], body["verified"])
            case "identifier_verified":
                if known := self.identifiers.get(body["identifier"]):
                    self.identifiers[body["identifier"]] = (known[0], known[1], True)

    def _compare_links(self, forgotten: set[str]) -> Iterator[Finding]:
        stored: dict[tuple[str, str], list[dict[str, str | None]]] = {}
        rows = SubjectLink.objects.order_by("id").values_list(
            "left_id", "right_id", "linked_at", "recorded_at", "provenance", "unlinked_at"
        )
        for left, right, linked_at, recorded_at, provenance, unlinked_at in rows.iterator(chunk_size=5000):
            row = {
                "linked_at": rfc3339(linked_at),
                "recorded_at": rfc3339(recorded_at),
                "provenance": provenance,
                "unlinked_at": _time(unlinked_at),
            }
            stored.setdefault((left, right), []).append(row)
        for pair in sorted(stored.keys() | self.links.keys()):
            if stored.get(pair) != self.links.get(pair) and forgotten.isdisjoint(pair):
                yield Finding(f"link of {pair[0]} and {pair[1]}", "it is not as the ledger tells")

    def _compare_erasures(self, forgotten: set[str]) -> Iterator[Finding]:
        rows = Subject.objects.filter(erased_at__isnull=False).values_list("ref", "erased_at")
        stored = {ref: _time(erased_at) for ref, erased_at in rows.iterator(chunk_size=5000)}
        for ref in sorted(stored.keys() | self.erased.keys()):
            if stored.get(ref) != self.erased.get(ref) and ref not in forgotten:
                yield Finding(f"subject {ref}", "its erasure is not as the ledger tells")

    def _compare_identifiers(self) -> Iterator[Finding]:
        rows = IdentifierIndex.objects.values_list("event_id", "subject_id", "kind", "verified")
        for event_id, *row in rows.iterator(chunk_size=5000):
            told = self.identifiers.get(event_id)
            if told is not None and told != tuple(row):
                yield Finding(f"identifier {event_id}", "its columns are not what the ledger tells")


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else rfc3339(moment)
