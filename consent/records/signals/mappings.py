"""The mapping in use: the organisation's own file or the shipped one, fitted to the policy in force."""

from collections.abc import Iterable
from collections.abc import Mapping as Names
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from django.conf import settings

from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from consent.policies.law.signals import find_where
from consent.policies.law.types import LawTable
from consent.policies.queries import get_law, get_policy_in_force
from consent.records.models import SignalMapping
from consent.signals.mapping.document import fit, parse
from consent.signals.mapping.form import MalformedMapping
from consent.signals.mapping.types import Mapping, Where

_SHIPPED = "shipped-1.json"


class MappingUnreadable(AccordantError):
    """The organisation's mapping file cannot be used: no signal is read by a guess."""

    code = "signal_mapping_unreadable"
    status = 503


@dataclass(frozen=True, slots=True)
class MappingInUse:
    """What signals are read by: the mapping, its document, and the law of places."""

    mapping: Mapping
    document: str
    """Canonical JSON; the mapping's digest is of it."""
    law: LawTable
    establishments: Names[str, tuple[str, ...]]
    """Where each controller of the policy is."""

    def find_where(self, places: Iterable[str], *, controller: str | None) -> Where:
        """Return whose law applies to somebody of these places, and which framework's yes it takes."""
        known = {*places, *self.establishments.get(controller or "", ())}
        return find_where(self.law, sorted(known), self.mapping)


def get_mapping(*, at: datetime) -> MappingInUse:
    """Return the mapping in use, for the purposes of the policy in force at `at`.

    :raises MappingUnreadable: if the organisation's file cannot be used.
    """
    text, policy = get_mapping_text(settings.SIGNAL_MAPPING), get_policy_in_force(at=at)
    try:
        mapping, document, establishments = _fit(text, b"" if policy is None else policy.canonical)
    except MalformedMapping as error:
        raise MappingUnreadable("the mapping of signals cannot be read: see manage.py check") from error
    return MappingInUse(mapping, document, get_law(at=at.date()), establishments)


def find_mapping(*, at: datetime) -> Mapping | None:
    """Return the mapping in use; None if the organisation's file cannot be used: a no is not lost for it."""
    try:
        return get_mapping(at=at).mapping
    except MappingUnreadable:
        return None


def get_mapping_text(path: Path | None) -> bytes:
    """Return what a mapping's file holds; None stands for the shipped one.

    :raises MappingUnreadable: if it cannot be opened.
    """
    try:
        source = files("consent.signals.mapping").joinpath(_SHIPPED) if path is None else path
        return source.read_bytes()
    except OSError as error:
        raise MappingUnreadable(f"the mapping of signals cannot be opened: {error.strerror}") from error


def archive(found: MappingInUse) -> None:
    """Keep the mapping's document by its digest, unless it is kept already."""
    row = SignalMapping(digest=found.mapping.digest, document=found.document)
    SignalMapping.objects.bulk_create([row], ignore_conflicts=True)


@lru_cache(maxsize=8)
def _fit(text: bytes, policy: bytes) -> tuple[Mapping, str, Names[str, tuple[str, ...]]]:
    """Return the mapping of that text for a policy, its document, and where the controllers are."""
    terms = canonical.loads(policy) if policy else {}
    marks = {slug: one.get("opt_out_signals", ()) for slug, one in terms.get("purposes", {}).items()}
    places = {slug: tuple(one["establishment"]) for slug, one in terms.get("controllers", {}).items()}
    return fit(parse(text), marks), canonical.dumps(canonical.loads(text)).decode(), places
