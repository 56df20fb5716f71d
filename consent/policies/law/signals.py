"""Whose law decides what a signal can say of a person, by the law table. Pure: no Django, no clock."""

from collections.abc import Iterable

from consent.policies.law.types import ConsentDefault, LawTable
from consent.policies.law.words import Demand, Topic
from consent.signals.mapping.types import Framework, Mapping, Where

_ASKS_FOR_NO_YES = frozenset({Demand.NONE, Demand.OPT_OUT})


def find_where(law: LawTable, places: Iterable[str], mapping: Mapping) -> Where:
    """Return what applies to a person of `places` (residence, location, the controller's establishment).

    `law` has the rows in force. A framework's yes is barred as soon as one of the places has a law of its own
    that asks for a yes, or of which nobody knows, and the framework is not made for that place: a consent
    asked for by one law's rules is none by another's. Laws that ask for no yes bar none. The law table's duty
    to honour opt-out signals bars nothing and is not asked: a no is heard everywhere.
    """
    known = tuple(dict.fromkeys(places))
    chains = {place: law.chain(place) for place in known}
    barred = frozenset(
        source
        for source, framework in mapping.frameworks.items()
        if any(_bars(law, framework, place, chains[place]) for place in known)
    )
    jurisdictions = tuple(dict.fromkeys(code for chain in chains.values() for code in chain))
    return Where(jurisdictions=jurisdictions, barred=barred)


def _bars(law: LawTable, framework: Framework, place: str, chain: tuple[str, ...]) -> bool:
    if framework.grants_in.intersection(chain):
        return False
    row = law.first(ConsentDefault, place, topic=Topic.ADVERTISING)
    return row is None or row.demand not in _ASKS_FOR_NO_YES
