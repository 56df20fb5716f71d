"""An explained decision as it is kept: everything it was made from, by reference, as canonical JSON. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from activation.checks.types import Scope
from activation.checks.wire.answers import answer_check, answer_evaluation, write_answer, write_time
from activation.checks.wire.types import Checked, ItemError
from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register, RegisteredDestination, Suspension, TcfTerms
from activation.decisions.types import Member, PropertyValue, Question, SubjectState
from consent.kernel import canonical
from consent.kernel.times import read_time
from consent.records.types import ChoiceRecord
from consent.subjects.types import Fact, Link, WriteToken

Data = Mapping[str, Any]
_SCOPES = frozenset({Scope.EXPLAIN})


class Form(StrEnum):
    """In whose words the answer was given."""

    EVALUATION = "evaluation"  # AuthZEN's
    CHECK = "check"  # one entry of a batch


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was asked besides the person: no identifier is in it."""

    question: Question
    shadow: bool = False
    error: ItemError | None = None
    """Why nobody was looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptMember:
    """How much of one subject the answer rested on."""

    subject_ref: str
    version: int
    erased_at: datetime | None

    def to_member(self, choices: Iterable[ChoiceRecord], facts: Iterable[Fact]) -> Member:
        """Return the subject as it was then, of all its `choices` and `facts`."""
        return Member(
            subject_ref=self.subject_ref,
            version=self.version,
            choices=tuple(one for one in choices if one.version <= self.version),
            facts=tuple(one for one in facts if one.version <= self.version),
            erased_at=self.erased_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What was known of the person and of the recipient."""

    available: bool
    members: tuple[KeptMember, ...]
    links: tuple[Link, ...]
    destination: RegisteredDestination | None


def write_terms(terms: Terms, policy: CompiledPolicy) -> str:
    """Return `terms` as canonical JSON, with those request properties alone that `policy` looks at."""
    question = terms.question
    token, seconds = question.at_least, question.max_staleness
    read = _properties_read(policy)
    return _write(
        {
            "purpose": question.purpose,
            "destination": question.destination,
            "controller": question.controller,
            "data_categories": None if question.data_categories is None else sorted(question.data_categories),
            "jurisdiction": question.jurisdiction_hint,
            "properties": {name: value for name, value in question.properties.items() if name in read},
            "as_of": _time(question.as_of),
            "known_at": _time(question.known_at),
            "max_staleness_s": None if seconds is None else seconds.total_seconds(),
            "at_least": None if token is None else [token.subject_ref, token.version],
            "shadow": terms.shadow,
            "error": None if terms.error is None else [terms.error.code, terms.error.message],
        }
    )


def read_terms(text: str) -> Terms:
    """Return what `write_terms` wrote."""
    told = canonical.loads(text)
    categories, seconds, token = told["data_categories"], told["max_staleness_s"], told["at_least"]
    properties: Mapping[str, PropertyValue] = told["properties"]
    question = Question(
        purpose=told["purpose"],
        destination=told["destination"],
        controller=told["controller"],
        data_categories=None if categories is None else frozenset(categories),
        jurisdiction_hint=told["jurisdiction"],
        properties=properties,
        as_of=_moment(told["as_of"]),
        known_at=_moment(told["known_at"]),
        max_staleness=None if seconds is None else timedelta(seconds=seconds),
        at_least=None if token is None else WriteToken(*token),
    )
    return Terms(
        question=question,
        shadow=told["shadow"],
        error=None if told["error"] is None else ItemError(*told["error"]),
    )


def write_basis(state: SubjectState, entry: RegisteredDestination | None) -> str:
    """Return as canonical JSON what of `state`, and of the recipient's register, leads back to it."""
    return _write(
        {
            "available": state.available,
            "members": [[one.subject_ref, one.version, _time(one.erased_at)] for one in state.members],
            "links": [
                [one.left, one.right, *map(_time, (one.linked_at, one.recorded_at, one.unlinked_at))]
                for one in state.links
            ],
            "destination": None if entry is None else _write_destination(entry),
        }
    )


def read_basis(text: str) -> Basis:
    """Return what `write_basis` wrote."""
    told = canonical.loads(text)
    entry = told["destination"]
    return Basis(
        available=told["available"],
        members=tuple(
            KeptMember(subject_ref=ref, version=version, erased_at=_moment(erased_at))
            for ref, version, erased_at in told["members"]
        ),
        links=tuple(_read_link(*one) for one in told["links"]),
        destination=None if entry is None else _read_destination(entry),
    )


def register_of(basis: Basis) -> Register:
    """Return the part of the register that the answer rested on."""
    return {} if basis.destination is None else {basis.destination.slug: basis.destination}


def write_kept(checked: Checked, form: Form, *, shadow: bool) -> bytes:
    """Return the bytes of an explained answer: only callers that may be told everything get one."""
    tell = answer_evaluation if form is Form.EVALUATION else answer_check
    return write_answer(tell(checked, scopes=_SCOPES, shadow=shadow))


def _write_destination(entry: RegisteredDestination) -> Data:
    return {
        "slug": entry.slug,
        "kind": entry.kind,
        "registered_at": _time(entry.registered_at),
        "resource_type": entry.resource_type,
        "suspensions": [[_time(one.suspended_at), _time(one.resumed_at)] for one in entry.suspensions],
        **({"tcf": [entry.tcf.vendor, *entry.tcf.purposes]} if entry.tcf else {}),
    }


def _read_destination(told: Data) -> RegisteredDestination:
    pauses = (tuple(map(_moment, pause)) for pause in told["suspensions"])
    return RegisteredDestination(
        slug=told["slug"],
        kind=told["kind"],
        registered_at=_given(_moment(told["registered_at"])),
        suspensions=tuple(Suspension(_given(since), until) for since, until in pauses),
        resource_type=told["resource_type"],
        tcf=_read_tcf(told.get("tcf")),
    )


def _read_tcf(told: list[int] | None) -> TcfTerms | None:
    """Return the terms; answers that were kept before there were such have none."""
    return None if told is None else TcfTerms(told[0], tuple(told[1:]))


def _read_link(left: str, right: str, linked_at: str, recorded_at: str, unlinked_at: str | None) -> Link:
    return Link(
        left=left,
        right=right,
        linked_at=_given(_moment(linked_at)),
        recorded_at=_given(_moment(recorded_at)),
        unlinked_at=_moment(unlinked_at),
    )


def _properties_read(policy: CompiledPolicy) -> frozenset[str]:
    return frozenset(_conditions_of(policy))


def _conditions_of(policy: CompiledPolicy) -> Iterator[str]:
    for by_jurisdiction in policy.rules.values():
        for rule in by_jurisdiction.values():
            yield from (condition.property for condition in rule.conditions)


def _write(value: Data) -> str:
    return canonical.dumps(value).decode()


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else write_time(moment)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else read_time(text)


def _given(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a time that must be there is not")
    return moment
