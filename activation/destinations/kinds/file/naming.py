"""What lineage calls a file in a folder."""

from activation.destinations.kinds.file.settings import FileSettings
from activation.destinations.kinds.interface import Surroundings
from lineage.events.naming import DatasetName, local_file


def name_dataset(settings: FileSettings, audience: str, surroundings: Surroundings) -> DatasetName | None:
    """Return the name of the audience's file; None if this installation lets no files be written."""
    if surroundings.folder is None:
        return None
    return local_file(surroundings.folder / settings.folder / f"{audience}.{settings.format}")
