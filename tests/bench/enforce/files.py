"""The files that enforcement is measured on: everybody's state, and an audience of twelve columns."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from struct import pack, unpack

import duckdb

from activation.decisions.types import SubjectState
from activation.snapshots.bulk.writing import Basis, PeopleWriter
from activation.snapshots.compact.encoding import HEADER
from activation.snapshots.compact.states import encode_state
from tests.bench.check.memory import state_of
from tests.bench.check.people import PURPOSES, Person

COMPLETE_AT = datetime(2026, 11, 1, tzinfo=UTC)
_ALIKE = 24
"""People whose numbers differ by so many said the same, at other times."""
_KNOWN = 1.2
"""References are drawn from so many times as many people as there are: one in six is a stranger."""


class _Quick(PeopleWriter):
    """Writes people who are alike but for their times without encoding each anew."""

    def _encode(self, state: SubjectState) -> bytes:
        number = state.watermark  # of a person made up: nobody looks at it
        template = self.templates.get(number % _ALIKE)
        if template is None:
            text = encode_state(state_of(Person(number % _ALIKE), "p"), self._book)
            _, length = HEADER.unpack_from(text)
            end = HEADER.size + length
            template = self.templates[number % _ALIKE] = (
                text[:end],
                unpack(f">{len(text[end:]) // 8}Q", text[end:]),
            )
        head, (version, *times) = template
        return head + pack(f">{1 + len(times)}Q", version, *(time + 1_000 * number for time in times))

    @property
    def templates(self) -> dict[int, tuple[bytes, tuple[int, ...]]]:
        """What was encoded once."""
        found: dict[int, tuple[bytes, tuple[int, ...]]] = self.__dict__.setdefault("_templates", {})
        return found


def reference(number: int) -> str:
    """Return the reference of a person by number."""
    return f"sub_{sha256(b'%d' % number).hexdigest()[:32]}"


def write_people(folder: Path, people: int) -> Path:
    """Write everybody's state, and return the file."""
    basis = Basis(watermark=0, last_hash=b"", complete_at=COMPLETE_AT + timedelta(days=1), identity=b"")
    numbers = sorted(range(people), key=reference)
    with _Quick(folder, purposes=PURPOSES, basis=basis) as writer:
        for number in numbers:
            writer.add(reference(number), SubjectState(watermark=number))
        return writer.finish()


def write_audience(path: Path, rows: int, people: int) -> None:
    """Write an audience of twelve columns that names people by reference."""
    drawn = int(people * _KNOWN)
    duckdb.sql(
        f"""
        COPY (
            SELECT 'sub_' || substr(sha256((hash(i * 13) % {drawn})::VARCHAR), 1, 32) AS subject_ref,
                'name ' || (hash(i) % 100000) AS name, '+4930' || (hash(i * 3) % 10000000) AS phone,
                'city ' || (hash(i * 5) % 3000) AS city, 'segment-' || (i % 50) AS segment,
                (hash(i * 7) % 1000)::INTEGER AS score, random() AS propensity, random() AS value,
                i % 2 = 0 AS active, DATE '2020-01-01' + (i % 2000)::INTEGER AS since,
                ((hash(i * 17) % 100000) / 100.0)::DECIMAL(9, 2) AS spent, i AS number
            FROM range({rows}) AS t(i)
        ) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
        """
    )
