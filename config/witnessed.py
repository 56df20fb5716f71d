"""Comparing the ledger with what a witness kept of it."""

from collections.abc import Collection, Sequence
from pathlib import Path

from consent.kernel.signing import VerifyKey
from consent.kernel.witness import MalformedWitness, Witnessed, read_witness
from consent.ledger import queries
from consent.ledger import services as ledger
from consent.verifier.checks import Check
from consent.verifier.witness import check_against_witness

_AT_ONCE = 1000


def check_witness(path: Path, trusted: VerifyKey | None) -> list[Check]:
    """Return a check for each checkpoint in a witness's file; none in it is a failed check too.

    Later keys of the log follow from `trusted` by the stored hand-overs. Without it the first stored key is
    believed.

    :raises MalformedWitness: if the file is not what a witness writes. :raises OSError: if it cannot be read.
    """
    with path.open("rb") as file:
        kept = read_witness(file)
    chain, _ = ledger.load_chain(queries.list_log_keys(), trusted=trusted)
    if not kept:
        return [Check(passed=False, statement=f"{path.name} holds no checkpoint: it shows nothing")]
    if chain is None:
        told = f"the ledger was never signed, and {kept[-1].checkpoint.size} leaves were witnessed"
        return [Check(passed=False, statement=told)]
    batches = (kept[start : start + _AT_ONCE] for start in range(0, len(kept), _AT_ONCE))
    return [
        check for batch in batches for check in check_against_witness(batch, chain, _find_roots(batch).get)
    ]


def get_witnessed_size(path: Path) -> int | None:
    """Return the size of the newest checkpoint that a witness kept; None if none can be read."""
    try:
        with path.open("rb") as file:
            return max((one.checkpoint.size for one in read_witness(file)), default=None)
    except (MalformedWitness, OSError):
        return None


def _find_roots(kept: Sequence[Witnessed]) -> dict[int, bytes]:
    """Return the ledger's roots of these sizes, as far as it has them."""
    sizes: Collection[int] = {one.checkpoint.size for one in kept}
    try:
        return queries.get_roots(sizes)
    except LookupError:  # the stored tree is not whole: no root is that which was witnessed
        return dict.fromkeys(sizes, b"")
