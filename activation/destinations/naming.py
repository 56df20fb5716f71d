"""What lineage calls a destination."""

from dataclasses import dataclass

from activation.destinations.kinds.registry import KINDS
from activation.destinations.kinds.settings import MalformedSettings, read_settings
from activation.destinations.models import Destination
from activation.destinations.queries import get_surroundings
from lineage.events.naming import DatasetName, MalformedName
from lineage.events.naming import destination as registered


@dataclass(frozen=True, slots=True)
class DestinationName:
    """A destination as a dataset: where it is, what else it is called, and what officers call it."""

    dataset: DatasetName
    aliases: tuple[DatasetName, ...] = ()
    title: str = ""


def name_destination(slug: str, audience: str) -> DestinationName:
    """Return what events call the destination when it gets `audience`.

    By where the rows go, where OpenLineage has a rule for that, and by the register's name beside it; by the
    latter alone for a platform, and for what is not connected, not registered, or connected in a way that
    makes no sense any more.
    """
    own = registered(slug)
    found = Destination.objects.filter(slug=slug).order_by("pk").first()
    if found is None:
        return DestinationName(own)
    place = _find_place(found, audience)
    if place is None or place == own:
        return DestinationName(own, title=found.title)
    return DestinationName(place, (own,), found.title)


def _find_place(destination: Destination, audience: str) -> DatasetName | None:
    kind = KINDS.get(destination.connector)
    if kind is None:
        return None
    try:
        return kind.name_dataset(read_settings(kind, destination.settings), audience, get_surroundings())
    except (MalformedName, MalformedSettings):
        return None
