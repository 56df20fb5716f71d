"""One line for many things that hold, and one for each that does not."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from consent.kernel.errors import AccordantError
from consent.verifier.checks import Check
from consent.verifier.packs.layout import MalformedPack


@contextmanager
def naming(name: str) -> Iterator[None]:
    """Put `name` before what an error inside says.

    :raises MalformedPack: in the place of any error of ours.
    """
    try:
        yield
    except AccordantError as error:
        raise MalformedPack(f"{name}: {error}") from error


def check_each(names: Iterable[str], check: Callable[[str], None], told: str) -> Iterator[Check]:
    """Yield a failed check for each of `names` about which `check` raises; if none does, one for them all.

    `told` is what then holds, with `{}` in the place of their number. No names, no check.
    """
    listed, failed = list(names), False
    for name in listed:
        try:
            check(name)
        except AccordantError as error:
            failed = True
            yield Check(passed=False, statement=f"{name}: {error}")
    if listed and not failed:
        yield Check(passed=True, statement=told.format(len(listed)))
