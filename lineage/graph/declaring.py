"""What officers declare of datasets and of paths."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from lineage.graph.errors import MalformedDeclaration, NodeUnknown
from lineage.graph.models import Acknowledgement, Boundary, Dataset
from lineage.graph.types import PathKind

_LONGEST_NAME, _LONGEST_NOTE, _MOST_CATEGORIES = 200, 1000, 200


def declare_dataset(
    *,
    key: str,
    categories: Iterable[str],
    is_personal: bool,
    is_outside: bool,
    owner: str,
    by: str,
    at: datetime,
) -> None:
    """Record what an officer knows of a dataset. Tags that events tell stand beside it.

    :raises NodeUnknown: if `key` names no dataset.
    :raises MalformedDeclaration: if a text is too long, or there are too many categories.
    """
    held = sorted({one.strip() for one in categories if one.strip()})
    if len(held) > _MOST_CATEGORIES:
        raise MalformedDeclaration(f"at most {_MOST_CATEGORIES} categories")
    _check_lengths(_LONGEST_NAME, owner, by, *held)
    changed = Dataset.objects.filter(pk=dataset_id(key)).update(
        categories=held,
        is_personal=is_personal or bool(held),
        is_outside=is_outside,
        owner=owner,
        declared_by=by,
        declared_at=at,
    )
    if not changed:
        raise NodeUnknown("there is no such dataset")


def set_boundary(
    *,
    namespace: str,
    name: str = "",
    is_outside: bool,
    owner: str = "",
    note: str = "",
    by: str,
    at: datetime,
) -> None:
    """Record that datasets lie outside, or inside.

    With a `name`: those of exactly that namespace whose name begins so. Without: those whose namespace begins
    so. Where several fit, the longest counts; of two as long, the one that says outside.

    :raises MalformedDeclaration: if a text is too long, or there is no namespace.
    """
    if not namespace.strip():
        raise MalformedDeclaration("say which namespace")
    _check_lengths(500, namespace, name)
    _check_lengths(_LONGEST_NAME, owner, by)
    _check_lengths(_LONGEST_NOTE, note)
    Boundary.objects.update_or_create(
        namespace=namespace,
        name=name,
        defaults={"is_outside": is_outside, "owner": owner, "note": note, "set_by": by, "set_at": at},
    )


@transaction.atomic
def acknowledge_path(*, path: str, reason: str, until: datetime, by: str, at: datetime) -> None:
    """Record that a path is known, until a time. It stays listed, and counts again afterwards.

    `path` is the `key` of an `UngatedPath`.

    :raises NodeUnknown: if it names no two datasets.
    :raises MalformedDeclaration: if there is no reason, or the time is over.
    """
    kind, source, target = split_path(path)
    if not reason.strip() or until <= at:
        raise MalformedDeclaration("give a reason, and a time that is not over")
    _check_lengths(_LONGEST_NOTE, reason)
    _check_lengths(_LONGEST_NAME, by)
    if Dataset.objects.filter(pk__in={source, target}).count() != 2:
        raise NodeUnknown("there is no such dataset")
    Acknowledgement.objects.update_or_create(
        kind=kind.value,
        source_id=source,
        target_id=target,
        defaults={"reason": reason, "until": until, "acknowledged_by": by, "acknowledged_at": at},
    )


def dataset_id(key: str) -> int:
    """Return the id that a dataset's key holds.

    :raises NodeUnknown: if it is none.
    """
    digits = key.removeprefix("d")
    if key[:1] != "d" or not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise NodeUnknown("there is no such dataset")
    return int(digits)


def split_path(path: str) -> tuple[PathKind, int, int]:
    """Return the kind of a path, and the ids of the datasets at its ends.

    :raises NodeUnknown: if `path` is not the key of one.
    """
    kind, *ends = path.split(".")
    if kind not in set(PathKind) or len(ends) != 2:
        raise NodeUnknown("there is no such path")
    return PathKind(kind), dataset_id(ends[0]), dataset_id(ends[1])


def _check_lengths(longest: int, *texts: str) -> None:
    if any(len(text) > longest for text in texts):
        raise MalformedDeclaration(f"a text is longer than {longest} characters")
