"""Files of a folder or a bucket: looked through row by row, and written anew where a person's rows go."""

from collections.abc import Callable, Iterator, Mapping
from tempfile import TemporaryFile
from typing import Any

from consent.requests.connectors.files import rows
from consent.requests.connectors.files.matching import Matcher, correct, mask
from consent.requests.connectors.files.settings import (
    FileDataset,
    FilesSettings,
    check_declared,
    identifier_fields,
    kinds_in_path,
    read_settings,
)
from consent.requests.connectors.files.singles import SingleFiles
from consent.requests.connectors.files.store import ChangedMeanwhile, Found, Place, open_place
from consent.requests.connectors.interface import (
    DeclaredDataset,
    DeclaredSystem,
    Sink,
    SystemFailed,
    SystemRefused,
)
from consent.requests.types import DatasetReport, OnErasure, Outcome, Person, StepState
from consent.subjects.types import IdentifierKind

_ATTEMPTS = 3
_KEPT = "the data map says that it is kept"
Change = Callable[[dict[str, Any]], dict[str, Any] | None]


class FilesConnector:
    """One place with files. Memory is bounded by a thousand rows, disk by the object that is written anew."""

    def __init__(self, system: DeclaredSystem, settings: FilesSettings, place: Place) -> None:
        self._system, self._settings, self._place = system, settings, place

    def probe(self) -> str:
        """Return how many objects each dataset has."""
        told = [
            f"{one.name}: {sum(1 for _ in self._list(self._settings.datasets[one.name]))} objects"
            for one in self._system.datasets
            if self._settings.datasets[one.name].prefix is not None
        ]
        return "; ".join(told) or "the place can be reached"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:
        """Show rows, up to `limit` of each dataset."""
        reports = []
        for one in self._system.datasets:
            found = 0
            for row in self._list_rows(one, person):
                found += 1
                if found > limit:
                    break
                sink(one.name, row)
            reports.append(DatasetReport(dataset=one.name, found=found))
        return _conclude(reports, StepState.DONE)

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Hand over every row of the person's."""
        reports = []
        for one in (one for one in self._system.datasets if one.in_access):
            hidden = {field.name for field in one.fields if not field.in_access}
            found = 0
            for row in self._list_rows(one, person):
                found += 1
                sink(one.name, {name: value for name, value in row.items() if name not in hidden})
            reports.append(DatasetReport(dataset=one.name, found=found, done=found))
        return _conclude(reports)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:  # noqa: ARG002
        """Write the rows anew with what they should say."""
        reports = []
        for one in self._system.datasets:
            if self._settings.datasets[one.name].format == "one_per_person":
                found = self._singles(one, person).count()
                reports.append(DatasetReport(dataset=one.name, found=found))
                continue
            counts = self._change(one, person, lambda row, one=one: correct(row, one, corrections))  # type: ignore[misc]
            reports.append(DatasetReport(dataset=one.name, found=counts, done=counts))
        return _conclude(reports)

    def restrict(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Leave it to a human: files have no mark that their readers honour."""
        return Outcome(state=StepState.WAITING, note="files cannot be marked: somebody does it by hand")

    def erase(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Write each object anew without the person's rows, or with masked ones."""
        return _conclude([self._erase(one, person) for one in self._system.datasets])

    def verify_gone(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002
        """Look again."""
        reports = []
        for one in self._system.datasets:
            found = sum(1 for _ in self._list_rows(one, person))
            ground = _ground(one)
            reports.append(
                DatasetReport(
                    dataset=one.name, found=found, kept=found if ground else 0, ground=ground if found else ""
                )
            )
        return _conclude(reports)

    def _erase(self, one: DeclaredDataset, person: Person) -> DatasetReport:
        if ground := _ground(one):
            found = sum(1 for _ in self._list_rows(one, person))
            return DatasetReport(dataset=one.name, found=found, kept=found, ground=ground if found else "")
        if self._settings.datasets[one.name].format == "one_per_person":
            done = self._singles(one, person).delete()
        elif one.on_erasure is OnErasure.MASK:
            done = self._change(one, person, lambda row: mask(row, one, self._system.hash_key))
        else:
            done = self._change(one, person, lambda _: None, drops=True)
        return DatasetReport(dataset=one.name, found=done, done=done)

    def _list_rows(self, one: DeclaredDataset, person: Person) -> Iterator[dict[str, Any]]:
        declared = self._settings.datasets[one.name]
        if declared.format == "one_per_person":
            yield from self._singles(one, person).list_rows()
            return
        matcher = Matcher(person, identifier_fields(one))
        for found in self._list(declared):
            yield from filter(matcher.matches, rows.read_rows(self._read(found, declared), declared.format))

    def _change(self, one: DeclaredDataset, person: Person, change: Change, *, drops: bool = False) -> int:
        """Have the person's rows changed wherever they are, and return how many those are."""
        declared, matcher = self._settings.datasets[one.name], Matcher(person, identifier_fields(one))
        total = 0
        for found in self._list(declared):
            total += self._change_object(found, declared, matcher, change, drops=drops)
        return total

    def _change_object(
        self, found: Found, declared: FileDataset, matcher: Matcher, change: Change, *, drops: bool
    ) -> int:
        for _ in range(_ATTEMPTS):
            if not any(map(matcher.matches, rows.read_rows(self._read(found, declared), declared.format))):
                return 0
            try:
                return self._rewrite(found, declared, matcher, change, drops=drops)
            except ChangedMeanwhile:
                again = self._place.find(found.path)
                if again is None:
                    return 0
                found = again
        raise SystemFailed("an object is written again and again by somebody else")

    def _rewrite(
        self, found: Found, declared: FileDataset, matcher: Matcher, change: Change, *, drops: bool
    ) -> int:
        if found.size > self._settings.most_rewritten_bytes:
            raise SystemRefused("an object is too large to be written anew: raise most_rewritten_bytes")
        count = 0

        def change_theirs(row: dict[str, Any]) -> dict[str, Any] | None:
            nonlocal count
            if not matcher.matches(row):
                return row
            changed = change(row)
            if changed is None and not drops:
                return row
            count += 1
            return changed

        with TemporaryFile() as out:
            pieces = self._read(found, declared)
            rows.rewrite(pieces, declared.format, change_theirs, out, gzip=declared.gzip)
            out.seek(0)
            if count:
                self._place.replace(found, out)
        return count

    def _list(self, declared: FileDataset) -> Iterator[Found]:
        most = self._settings.most_objects
        return self._place.list_objects(declared.prefix or "", declared.suffix, most=most)

    def _read(self, found: Found, declared: FileDataset) -> Iterator[bytes]:
        most = self._settings.most_object_bytes
        return rows.unpack(self._place.read(found), gzip=declared.gzip, most=most)

    def _singles(self, one: DeclaredDataset, person: Person) -> SingleFiles:
        path = self._settings.datasets[one.name].path or ""
        (kind,) = kinds_in_path(path)
        values = person.identifiers.get(IdentifierKind(kind), ())
        return SingleFiles(self._place, path, values, most=self._settings.most_object_bytes)


def open_files(system: DeclaredSystem) -> FilesConnector:
    """Return the connector of that place.

    :raises SystemRefused: if its declaration, its address or its secret cannot be used.
    """
    settings = read_settings(system.settings)
    check_declared(system, settings)
    return FilesConnector(system, settings, open_place(system.address, system.secret))


def _ground(one: DeclaredDataset) -> str:
    if one.hold:
        return one.hold
    return (one.keep_ground or _KEPT) if one.on_erasure is OnErasure.KEEP else ""


def _conclude(reports: list[DatasetReport], state: StepState | None = None) -> Outcome:
    is_whole = all(one.done + one.kept >= one.found for one in reports)
    return Outcome(
        state=state or (StepState.DONE if is_whole else StepState.PARTLY_DONE), datasets=tuple(reports)
    )
