"""How a reader takes what is wrong: strictly, by refusing; or leniently, by ignoring it and saying so."""

from typing import NoReturn

from consent.signals.errors import Fault, MalformedSignal

MOST_FAULTS = 100


class Strict:
    """Refuses the first fault."""

    lenient = False
    is_full = False

    def ignore(self, fault: Fault) -> NoReturn:
        """Refuse what a lenient reader would ignore.

        :raises MalformedSignal: always.
        """
        raise MalformedSignal(fault)


class Lenient:
    """Keeps the faults it was told, so that a reader can go on without what was faulty.

    After `MOST_FAULTS` it keeps no more of them, only that there are more: a hostile text has thousands.
    """

    lenient = True

    def __init__(self) -> None:
        self.ignored: list[Fault] = []

    @property
    def is_full(self) -> bool:
        """Whether no more is kept, so that nobody needs to tell it."""
        return len(self.ignored) > MOST_FAULTS

    def ignore(self, fault: Fault) -> None:
        """Keep the fault; the caller goes on."""
        if len(self.ignored) == MOST_FAULTS:
            self.ignored.append(Fault("more_faults", "there are more faults than are told", fault.position))
        elif not self.is_full:
            self.ignored.append(fault)


Reader = Strict | Lenient
