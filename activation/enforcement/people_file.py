"""Which file of everybody's state a run may rest on, and who decides by it."""

import logging
from pathlib import Path

from django.conf import settings

from activation.enforcement.changes import list_changed
from activation.enforcement.judging import Judge, PeopleFile
from activation.snapshots.bulk.columns import UnreadablePeople
from activation.snapshots.bulk.planning import Asked, LensMissing
from activation.snapshots.bulk.running import Duck, describe
from activation.snapshots.bulk.writing import is_intact, list_files
from activation.snapshots.queries import Snapshot
from consent.ledger import queries as ledger

logger = logging.getLogger(__name__)

MOST_BEHIND = 250_000
"""Entries of the ledger that a run catches up with; a file that lacks more is not used."""


def people_folder() -> Path:
    """Return where the files of people lie."""
    return Path(settings.SNAPSHOTS) / "people"


def find_people_file(*, size: int, audience_bytes: int) -> PeopleFile | None:
    """Return the newest file of people that a run on a ledger of this `size` may rest on.

    None if there is none, or if the audience is so small that looking its people up is quicker. A damaged
    file could turn a no into a yes, so it is read through before it is used.
    """
    if audience_bytes < settings.PEOPLE_FILE_FROM_BYTES:
        return None
    return find_newest_file(size=size)


def find_newest_file(*, size: int) -> PeopleFile | None:
    """Return the newest file of people that may be rested on with a ledger of this `size`; None without."""
    for path in list_files(people_folder()):
        try:
            found = PeopleFile(path, describe(path))
            if not 0 <= size - found.watermark <= MOST_BEHIND or not _is_of_this_ledger(found):
                continue
            if is_intact(path):
                return found
            logger.error("%s: a damaged file of people is not used: write another", path.name)
        except (UnreadablePeople, OSError):
            logger.warning("%s: not a file of people that this version reads", path.name)
    return None


def open_judge(duck: Duck, asked: Asked, snapshot: Snapshot, people: PeopleFile | None) -> tuple[Judge, int]:
    """Return who decides, by a file of people and all that is newer, and the size of the ledger it rests on.

    Without a file, or with one that does not show all that the question needs, it must be told of everybody.
    """
    try:
        judge = Judge(duck, asked, people)
    except LensMissing:
        people, judge = None, Judge(duck, asked, None)
    if people is None:
        return judge, snapshot.watermark
    judge.meet(list_changed(since=people.watermark))
    return judge, people.watermark


def _is_of_this_ledger(found: PeopleFile) -> bool:
    if not found.watermark:
        return True
    last = ledger.list_touched(after=found.watermark, limit=0)
    return [entry.leaf_hash.hex() for entry in last] == [found.description.footer.last_hash]
