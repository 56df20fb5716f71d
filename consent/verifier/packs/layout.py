"""Where things lie in a pack. A name that is none of these has no business there."""

import re
from collections.abc import Mapping

from consent.kernel.errors import AccordantError

README = "README.md"
STATEMENT = "pack.json"
KEYS = "keys.txt"
CHECKPOINT = "checkpoint.note"

_NUMBER = r"(?:0|[1-9][0-9]{0,18})"
_EVENT = r"[a-z]{1,16}_[0-9a-f]{32}"
_NAMES: Mapping[str, re.Pattern[str]] = {
    kind: re.compile(form, re.ASCII)
    for kind, form in {
        "handover": r"handovers/([0-9]{4})\.note",
        "leaf": rf"leaves/({_NUMBER})\.json",
        "proof": rf"proofs/({_NUMBER})\.tlog-proof",
        "receipt": rf"receipts/({_EVENT})\.jws",
        "private": rf"private/({_EVENT})\.json",
        "checkpoint": rf"checkpoints/({_NUMBER})\.note",
        "consistency": rf"consistency/({_NUMBER}-{_NUMBER})\.json",
    }.items()
}
_SINGLE = frozenset({README, STATEMENT, KEYS, CHECKPOINT})


class MalformedPack(AccordantError):
    """It is not an evidence pack, or not one that can be read safely."""

    code = "malformed_pack"


def is_known(name: str) -> bool:
    """Return whether a file of that name may lie in a pack."""
    return name in _SINGLE or any(form.fullmatch(name) for form in _NAMES.values())


def list_names(kind: str, names: frozenset[str]) -> dict[str, str]:
    """Return those of `names` that are of `kind`, each by the part of it that tells one from another.

    They are in order: numbers as numbers.
    """
    matches = [found for name in names if (found := _NAMES[kind].fullmatch(name))]
    ordered = sorted(matches, key=lambda match: (len(match[1]), match[1]))
    return {match[1]: match[0] for match in ordered}


def handover_name(number: int) -> str:
    """Return the name of the hand-over of that number."""
    return f"handovers/{number:04d}.note"


def leaf_name(index: int | str) -> str:
    """Return the name of the leaf at `index`."""
    return f"leaves/{index}.json"


def proof_name(index: int | str) -> str:
    """Return the name of the proof for the leaf at `index`."""
    return f"proofs/{index}.tlog-proof"


def receipt_name(event_id: str) -> str:
    """Return the name of the receipt for that event."""
    return f"receipts/{event_id}.jws"


def private_name(event_id: str) -> str:
    """Return the name of that event's private part."""
    return f"private/{event_id}.json"


def checkpoint_name(size: int) -> str:
    """Return the name of the older checkpoint of that size."""
    return f"checkpoints/{size}.note"


def consistency_name(first: int, second: int) -> str:
    """Return the name of the path that ties two checkpoints."""
    return f"consistency/{first}-{second}.json"
