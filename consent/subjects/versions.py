"""Counting what is written about subjects while their rows are locked. Pure."""

from collections.abc import Mapping

from consent.subjects.types import SubjectRef


class Versions:
    """The versions of some subjects: each thing written about one takes its next."""

    def __init__(self, stored: Mapping[SubjectRef, int]) -> None:
        self._latest = dict(stored)
        self._stored = dict(stored)

    def __contains__(self, ref: SubjectRef) -> bool:
        """Return whether the subject is one of them."""
        return ref in self._latest

    def take(self, ref: SubjectRef) -> int:
        """Return the subject's next version, which is taken with that."""
        self._latest[ref] += 1
        return self._latest[ref]

    def latest(self, ref: SubjectRef) -> int:
        """Return the version that was taken last."""
        return self._latest[ref]

    def changed(self) -> dict[SubjectRef, int]:
        """Return the latest version of each subject that one was taken of."""
        return {ref: version for ref, version in self._latest.items() if version != self._stored[ref]}

    def list_on_record(self) -> list[SubjectRef]:
        """Return the subjects of whom something was stored before."""
        return [ref for ref, version in self._stored.items() if version]
