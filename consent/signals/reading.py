"""How a reader takes what is wrong: strictly, by refusing; or leniently, by ignoring it and saying so."""

from typing import NoReturn

from consent.signals.errors import Fault, MalformedSignal


class Strict:
    """Refuses the first fault."""

    lenient = False

    def ignore(self, fault: Fault) -> NoReturn:
        """Refuse what a lenient reader would ignore.

        :raises MalformedSignal: always.
        """
        raise MalformedSignal(fault)


class Lenient:
    """Keeps the faults it was told, so that a reader can go on without what was faulty."""

    lenient = True

    def __init__(self) -> None:
        self.ignored: list[Fault] = []

    def ignore(self, fault: Fault) -> None:
        """Keep the fault; the caller goes on."""
        self.ignored.append(fault)


Reader = Strict | Lenient
