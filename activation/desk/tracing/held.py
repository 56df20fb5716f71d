"""Where a person is now: which destinations hold them, and where they were, or are to be, taken out."""

from collections.abc import Sequence
from dataclasses import dataclass

from activation.desk.tracing.types import Person
from activation.enforcement.membership.queries import list_held, list_held_strangers
from activation.enforcement.membership.types import HeldMember
from activation.enforcement.suppression.reaching import TakenOut, list_taken_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """All that is known of where a person is."""

    held: Sequence[HeldMember]
    """Each place once for each delivery that brought them there; what streams let pass is among them."""
    taken_out: Sequence[TakenOut]


def locate(person: Person) -> Whereabouts:
    """Return where the person is, or was until they were taken out.

    :raises KeyUnreadable, KeysUnavailable: if a holding's key cannot be had.
    """
    strangers = [person.asked] if person.asked is not None else []
    found = [*list_held(person.refs), *list_held_strangers(strangers)]
    each_once = {(one.segment_id, one.member.name, one.found_by): one for one in found}
    held = sorted(each_once.values(), key=lambda one: (one.holding.destination, one.holding.audience))
    return Whereabouts(held=held, taken_out=list_taken_out(person.refs))
