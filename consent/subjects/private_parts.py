"""What is known of subjects and lies sealed beside the ledger: identifiers and facts."""

from collections.abc import Iterable, Mapping
from typing import Any

from consent.kernel.errors import AccordantError
from consent.kernel.sealing import unseal
from consent.keys import queries as keys
from consent.ledger import queries as ledger
from consent.subjects.types import SubjectRef


class SubjectStateUnreadable(AccordantError):
    """A living subject's sealed data does not open: nothing may be decided on what is left."""

    code = "state_unavailable"
    status = 503

    def __init__(self) -> None:
        super().__init__("sealed data of a subject does not open: see whether its data key is there")


def open_parts(refs_of: Mapping[str, SubjectRef]) -> dict[str, Mapping[str, Any]]:
    """Return the private part of each event, given with its subject. Two statements, however many.

    :raises SubjectStateUnreadable: if one of them, or its subject's key, is not there or does not open.
    """
    if not refs_of:
        return {}
    parts = ledger.list_private_parts(refs_of)
    found = _get_keys(refs_of.values())
    try:
        return {
            event_id: unseal(parts[event_id], key=found[ref], subject_ref=ref, event_id=event_id).private
            for event_id, ref in refs_of.items()
        }
    except (KeyError, AccordantError) as error:
        raise SubjectStateUnreadable from error


def _get_keys(refs: Iterable[SubjectRef]) -> dict[str, bytes]:
    try:
        return keys.get_keys(set(refs))
    except AccordantError as error:
        raise SubjectStateUnreadable from error
