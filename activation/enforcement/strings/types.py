"""What allows ask of people's strings. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from activation.decisions.register import TcfTerms
from activation.decisions.types import Obligation
from activation.obligations.plan import SIGNAL, SIGNAL_KINDS, TCF_VENDOR, ObligationNotSupported

STRING_KINDS = tuple(sorted(SIGNAL_KINDS))
"""The kinds of strings, in one order."""
TCF = "tcf"


@dataclass(frozen=True, slots=True)
class Needs:
    """What an allow asks of the person's strings."""

    kinds: frozenset[str] = frozenset()
    """Those that a column is to carry."""
    vendors: tuple[TcfTerms, ...] = ()
    """Whom the TC string must let pursue what."""

    @classmethod
    def of(cls, owed: Iterable[Obligation]) -> Self:
        """Return what these obligations ask.

        :raises ObligationNotSupported: if one speaks of a vendor or purposes that are no numbers.
        """
        obligations = tuple(owed)
        return cls(
            kinds=frozenset(one.value for one in obligations if one.kind == SIGNAL),
            vendors=tuple(_read_terms(one) for one in obligations if one.kind == TCF_VENDOR),
        )

    @property
    def strings(self) -> frozenset[str]:
        """The kinds that the person must have."""
        return self.kinds | ({TCF} if self.vendors else frozenset())


def _read_terms(one: Obligation) -> TcfTerms:
    try:
        return TcfTerms(int(one.field), tuple(map(int, one.value.split(" "))))
    except ValueError as error:
        raise ObligationNotSupported("a TCF vendor and its purposes are told by their numbers") from error
