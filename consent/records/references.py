"""The records that rows refer to: they must exist, and be the same person's."""

from collections.abc import Sequence

from consent.records.queries import list_records_by_id
from consent.records.types import NO, Fault, FaultCode, NewRow
from consent.subjects.queries import list_groups


def find_unknown_records(*, rows: Sequence[NewRow]) -> list[list[Fault]]:
    """Return, for each of `rows`, a fault for each choice that refers to no record of the same person.

    The person is whom the row's identifiers lead to, with everybody ever linked. A no is not held to it: it
    speaks for itself and is never lost. Four statements, however many rows; none if nobody refers to any.
    """
    wanted = {choice.refers_to for row in rows for choice in row.choices if choice.refers_to}
    if not wanted:
        return [[] for _ in rows]
    owners = {record.record_id: record.subject_ref for record in list_records_by_id(wanted)}
    groups = list_groups([row.identifiers for row in rows])
    return [
        _faults_of(row, owners, {str(member.ref) for member in group.members})
        for row, group in zip(rows, groups, strict=True)
    ]


def _faults_of(row: NewRow, owners: dict[str, str], members: set[str]) -> list[Fault]:
    return [
        Fault(
            f"choices[{place}].refers_to", FaultCode.UNKNOWN_RECORD, "there is no such record of this person"
        )
        for place, choice in enumerate(row.choices)
        if choice.refers_to and choice.choice not in NO and owners.get(choice.refers_to) not in members
    ]
