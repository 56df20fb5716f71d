"""Where inside ends. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from lineage.events.naming import DESTINATIONS_NAMESPACE


@dataclass(frozen=True, slots=True, kw_only=True)
class Border:
    """Datasets that lie outside or inside, by how their names begin."""

    namespace: str
    name: str
    is_outside: bool

    def covers(self, namespace: str, name: str) -> bool:
        """Return whether this says something of the dataset.

        With a name, it speaks of exactly its namespace; without, of every one that begins so.
        """
        if self.name:
            return namespace == self.namespace and name.startswith(self.name)
        return namespace.startswith(self.namespace)


def is_outside(namespace: str, name: str, borders: Iterable[Border]) -> bool:
    """Return whether a dataset lies outside: the longest border counts, and of equal ones the one saying so.

    A registered destination is outside, whatever borders say.
    """
    if namespace == DESTINATIONS_NAMESPACE:
        return True
    covering = [one for one in borders if one.covers(namespace, name)]
    deciding = max(
        covering, key=lambda one: (len(one.namespace) + len(one.name), one.is_outside), default=None
    )
    return deciding is not None and deciding.is_outside
