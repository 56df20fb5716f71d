"""Comparing a log with what a witness kept of it (`consent.kernel.witness`)."""

from collections.abc import Callable, Iterable

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.witness import Witnessed
from consent.verifier.checks import Check


def check_against_witness(
    kept: Iterable[Witnessed], chain: KeyChain, root_of: Callable[[int], bytes | None]
) -> list[Check]:
    """Return, for each checkpoint kept, whether the log still contains what the witness saw.

    `root_of` returns the root of the log's first so many leaves as they lie there now, or None if there are
    not that many. A checkpoint that the log's own key never signed accuses nobody: it fails as unsigned.
    """
    return [_check(one, chain, root_of) for one in kept]


def _check(one: Witnessed, chain: KeyChain, root_of: Callable[[int], bytes | None]) -> Check:
    size = one.checkpoint.size
    try:
        checkpoint = chain.verify_checkpoint(one.note)
    except AccordantError as error:
        return Check(passed=False, statement=f"the witness's checkpoint of {size} leaves: {error}")
    root = root_of(checkpoint.size)
    if root is None:
        return Check(passed=False, statement=f"the log is shorter than the {size} leaves that were witnessed")
    if root != checkpoint.root:
        return Check(
            passed=False, statement=f"the log's first {size} leaves are not those that were witnessed"
        )
    return Check(passed=True, statement=f"the log's first {size} leaves are those witnessed")
