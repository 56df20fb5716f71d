"""Reads of canaries, incidents and self-tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.conf import settings

from activation.enforcement.canaries.identities import Identity, derive_key
from activation.enforcement.canaries.models import CanaryPlace, Incident, SelfTest
from activation.enforcement.canaries.types import CanariesNotApplicable, Canary, Way
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier, SubjectRef

SELF_TEST_EVERY = timedelta(hours=26)
"""A self-test is due each day; two hours later, its absence is told."""


def list_canaries(*, destination: str) -> list[Canary]:
    """Return the canaries of `destination`, in a fixed order; none if none were made yet."""
    return sorted(
        map(to_canary, CanaryPlace.objects.filter(destination=destination).order_by("pk")),
        key=lambda canary: list(Way).index(canary.way),
    )


def to_canary(place: CanaryPlace) -> Canary:
    """Return the row as a value."""
    return Canary(
        destination=place.destination,
        way=Way(place.way),
        generation=place.generation,
        jurisdiction=place.jurisdiction,
        policy_digest=place.policy_digest,
        made_at=place.made_at,
        prepared_at=place.prepared_at,
    )


def identify(canary: Canary) -> tuple[Identifier, ...]:
    """Return everything that leads to `canary`."""
    return Identity(canary, get_key()).all()


def find_refs(canaries: Sequence[Canary]) -> dict[Canary, SubjectRef]:
    """Return the reference of each canary. One statement.

    :raises CanariesNotApplicable: if the identifiers of one do not lead to one subject: it must be mended.
    """
    found = find_subjects([identify(canary) for canary in canaries])
    if any(len(refs) != 1 for refs in found):
        raise CanariesNotApplicable("a canary's identifiers do not lead to one subject: run the self-test")
    return {canary: ref for canary, refs in zip(canaries, found, strict=True) for ref in refs}


def get_key() -> bytes:
    """Return the key that the canaries of this installation are named by."""
    return derive_key(settings.TOMBSTONE_KEY)


def list_canary_refs() -> frozenset[SubjectRef]:
    """Return the references of all canaries there ever were, so that nobody counts them as people."""
    last = map(to_canary, CanaryPlace.objects.order_by("pk"))
    all_of_them = (replace(one, generation=n) for one in last for n in range(1, one.generation + 1))
    found = find_subjects([identify(canary) for canary in all_of_them])
    return frozenset(ref for refs in found for ref in refs)


def count_open_incidents() -> int:
    """Return how many incidents no officer has acknowledged."""
    return Incident.objects.open().count()


def find_self_test_fault(*, at: datetime) -> str:
    """Return what is wrong with the last self-test as seen at `at`; empty if it is recent and was passed."""
    last = SelfTest.objects.order_by("-tested_at", "-pk").first()
    if last is None:
        return "no self-test was ever run"
    if at - last.tested_at > SELF_TEST_EVERY:
        return f"the last self-test was run at {last.tested_at:%Y-%m-%d %H:%M} UTC, more than a day ago"
    return "the last self-test raised incidents" if last.incidents else ""
