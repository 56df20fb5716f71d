"""Which rows there name nobody whom we know to be there, and which of ours are not named there."""

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from activation.snapshots.bulk.running import Duck
from consent.subjects.types import IdentifierKind

_NAMED = 'SELECT row, \'{kind}\' AS kind, "{kind}" AS value FROM theirs WHERE "{kind}" IS NOT NULL'
_MATCHED = """
    CREATE OR REPLACE TEMP TABLE matched AS
    SELECT DISTINCT row, member FROM named JOIN ours USING (kind, value)
"""
_STRAYS = """
    CREATE OR REPLACE TEMP TABLE strays AS
    SELECT * FROM theirs WHERE row NOT IN (SELECT row FROM matched)
"""
_MISSING = """
    SELECT COUNT(DISTINCT member) FROM ours
    WHERE member NOT IN (SELECT member FROM matched) AND ref NOT IN (SELECT ref FROM taken)
"""


class Comparison:
    """Two files of `laying`, compared in bounded memory."""

    def __init__(self, duck: Duck, *, ours: Path, theirs: Path, kinds: Sequence[IdentifierKind]) -> None:
        """Compare them: a row there is a member's if one identifier of it is."""
        self._duck, self._kinds = duck, kinds
        duck.read("ours", ours)
        duck.read("theirs", theirs)
        union = " UNION ALL ".join(_NAMED.format(kind=kind.value) for kind in kinds)
        duck.do(f"CREATE OR REPLACE TEMP VIEW named AS {union}")
        duck.do(_MATCHED)
        duck.do(_STRAYS)

    def count_strays(self) -> int:
        """Return how many rows there name no member."""
        [[strays]] = self._duck.rows("SELECT COUNT(*) FROM strays")
        return int(strays)

    def count_missing(self, taken: Collection[str]) -> int:
        """Return how many members no row names, less those of the references `taken` out meanwhile."""
        self._duck.give("taken", pa.table({"ref": pa.array(sorted(taken), pa.string())}))
        [[missing]] = self._duck.rows(_MISSING)
        return int(missing)

    def list_strays(self) -> Iterator[dict[IdentifierKind, str]]:
        """Yield what each row names that names no member; nothing, if it names nobody at all."""
        for batch in self._duck.stream("SELECT * FROM strays ORDER BY row"):
            for row in batch.to_pylist():
                yield {kind: row[kind.value] for kind in self._kinds if row[kind.value] is not None}
