"""What officers declare: written to the graph, and told to the audit stream in the same transaction.

Entries of the ledger stay for ever. They hold keys and what was chosen, never a name or a text that somebody
else made: those may speak of people, and stand in the graph, where they can be changed.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from activation.desk.lineage.counting import count_anew
from consent.ledger import services as ledger
from consent.ledger.types import NewEntry, Stream, rfc3339
from lineage.graph import services as graph


@transaction.atomic
def declare_dataset(
    *,
    key: str,
    categories: Sequence[str],
    is_personal: bool,
    is_outside: bool,
    owner: str,
    by: str,
    at: datetime,
) -> None:
    """Record what an officer knows of a dataset.

    :raises LineageError: if there is no such dataset, or what was declared is malformed.
    """
    graph.declare_dataset(
        key=key,
        categories=categories,
        is_personal=is_personal,
        is_outside=is_outside,
        owner=owner,
        by=by,
        at=at,
    )
    _tell("lineage_dataset_declared", by, at, dataset=key, is_personal=is_personal, is_outside=is_outside)


@transaction.atomic
def set_boundary(
    *, namespace: str, name: str, is_outside: bool, owner: str, note: str, by: str, at: datetime
) -> None:
    """Record that datasets whose names begin so lie outside, or inside.

    :raises LineageError: if it is malformed.
    """
    graph.set_boundary(
        namespace=namespace, name=name, is_outside=is_outside, owner=owner, note=note, by=by, at=at
    )
    _tell("lineage_boundary_set", by, at, is_outside=is_outside)


@transaction.atomic
def note_path(*, path: str, reason: str, until: datetime, by: str, at: datetime) -> None:
    """Record that a path is known until a time, and why.

    :raises LineageError: if there is no such path, or the note is malformed.
    """
    graph.acknowledge_path(path=path, reason=reason, until=until, by=by, at=at)
    _tell("lineage_path_noted", by, at, path=path, until=rfc3339(until))


def _tell(kind: str, by: str, at: datetime, **facts: object) -> None:
    body = {"by": by, "at": rfc3339(at), **facts}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(kind, body)])
    transaction.on_commit(count_anew)
