"""What goes into a package, found out before its first byte is written."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from consent.policies.queries import get_policy_in_force
from consent.requests.models import Package, Request, Step, System
from consent.requests.packages.collected import keep_survey, survey
from consent.requests.packages.hiding import Hider, OwnIdentifiers
from consent.requests.packages.mapping import describe, read_map, read_redactions
from consent.requests.packages.naming import name_dataset
from consent.requests.packages.policy import PolicyView
from consent.requests.packages.tables import PackedDataset
from consent.requests.packages.types import CollectedDataset, MappedDataset, MappedField
from consent.requests.packages.wording import Words
from consent.requests.persons import read_person
from consent.requests.types import RequestType, StepAction, StepState
from consent.subjects.queries import list_identifiers
from consent.subjects.types import SubjectRef

PASSES = 3
"""How often each row is gone through: for JSON, CSV and pages."""
_INCOMPLETE = frozenset({StepState.PARTLY_DONE, StepState.SKIPPED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """All that a package is made of but the rows themselves."""

    request: Request
    key: bytes = field(repr=False)
    package: Package
    words: Words
    policy: PolicyView
    datasets: tuple[PackedDataset, ...]
    incomplete: tuple[str, ...]
    """Titles of the systems that could not hand over all."""

    @property
    def is_access(self) -> bool:
        """Whether it answers a request for access: GDPR Art. 15 asks for more than Art. 20."""
        return self.request.type != RequestType.PORTABILITY

    @property
    def refs(self) -> Sequence[SubjectRef]:
        """The subjects that the request was matched with, and nobody else."""
        return [SubjectRef(ref) for ref in self.request.subjects]

    @property
    def rows(self) -> int:
        """How many rows were collected."""
        return sum(one.dataset.rows for one in self.datasets)

    @property
    def counts(self) -> Mapping[str, int | Mapping[str, int]]:
        """What the timeline is told: how much is in it, and how much was withheld by which rule."""
        withheld: Counter[str] = Counter()
        for one in self.datasets:
            for (reason, _), count in one.tally.withheld.items():
                withheld[reason.value] += count
        return {"rows": sum(one.tally.rows for one in self.datasets), "withheld": dict(withheld)}


def gather(request: Request, key: bytes, package: Package) -> Contents:
    """Find out what the package is made of. It goes through all rows once.

    :raises RowsUnreadable, RedactionsOutdated: if what the steps left cannot be used as it is.
    :raises KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if something sealed does not open.
    """
    words = Words.of(request.language)
    published = get_policy_in_force(at=package.created_at)
    policy = PolicyView(
        published.canonical if published else None,
        controller=request.controller,
        jurisdiction=request.jurisdiction,
    )
    steps = Step.objects.filter(request=request, action=StepAction.COLLECT, system__isnull=False)
    in_order = list(steps.select_related("system").order_by("system__order", "system__slug", "pk"))
    packing = Packing(request, key, words, policy)
    return Contents(
        request=request,
        key=key,
        package=package,
        words=words,
        policy=policy,
        datasets=tuple(
            packed for number, step in enumerate(in_order, 1) for packed in packing.pack(number, step)
        ),
        incomplete=tuple(step.system.title for step in in_order if step.system and step.state in _INCOMPLETE),
    )


class Packing:
    """Prepares the datasets of a request's steps for a package, or for an officer's look at them."""

    def __init__(self, request: Request, key: bytes, words: Words, policy: PolicyView) -> None:
        self._request, self._key, self._words, self._policy = request, key, words, policy
        self._own = OwnIdentifiers(_list_own(request))

    def pack(self, number: int, step: Step) -> Iterator[PackedDataset]:
        """Yield the datasets that `step` collected, in the order of their first row."""
        if step.system is None or not step.parts:
            return
        surveyed = survey(self._request, self._key, step)
        keep_survey(self._request, self._key, step, surveyed)
        known = read_map(step.system)
        for place, dataset in enumerate(surveyed.datasets, 1):
            mapped = describe(known, dataset.name)
            yield PackedDataset(
                request=self._request,
                key=self._key,
                step=step,
                collected=surveyed,
                dataset=dataset,
                mapped=mapped,
                hider=self.make_hider(step, step.system, mapped),
                stem=_name(number, step.system, place, dataset, mapped),
            )

    def make_hider(self, step: Step, system: System, mapped: MappedDataset) -> Hider:
        """Return what withholds from the rows of a dataset what has to be."""
        redactions = read_redactions(self._request, step, system=system.slug)

        def is_portable(one: MappedField | None) -> bool:
            if self._request.type != RequestType.PORTABILITY:
                return True
            is_derived = mapped.is_derived or (one is not None and one.is_derived)
            return not is_derived and self._policy.is_portable(mapped.purposes)

        return Hider(
            mapped,
            own=self._own,
            redactions=redactions.get(mapped.name),
            is_portable=is_portable,
            mark=self._words.say("page.withheld"),
        )


def _name(number: int, system: System, place: int, dataset: CollectedDataset, mapped: MappedDataset) -> str:
    return name_dataset(number, system.slug, place, dataset.name if mapped.is_known else None)


def _list_own(request: Request) -> Iterator[str]:
    """Yield what the person is known by: to us, and as they were looked for."""
    for values in read_person(request).identifiers.values():
        yield from values
    known = list_identifiers([SubjectRef(ref) for ref in request.subjects])
    yield from (one.value for identifiers in known.values() for one in identifiers)
