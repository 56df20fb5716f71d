"""Writing down what a request says: the person's no, or that their data is restricted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.policies.queries import get_policy_in_force
from consent.records.services import answer_once, record_rows
from consent.records.types import Fault, FaultCode, NewChoice, NewFact, NewRow
from consent.requests.models import Request
from consent.requests.persons import read_person
from consent.requests.rules.choices import list_choices
from consent.requests.types import DatasetReport, NotPossible, Outcome, RequestType, StepState
from consent.subjects.queries import list_identifiers
from consent.subjects.types import FactName, Identifier, SubjectRef

_LEDGER = "ledger"
_CALLER = "requests"


@transaction.atomic
def record(request: Request) -> Outcome:
    """Write into the ledger what the request says, once however often it is asked for.

    It counts from the moment at which the request came in. A no is written for each identifier by itself:
    nobody proved that they are one person's, so nobody is linked by it. Of an unknown person it stands, too.

    :raises NotPossible: if the request says nothing that could be recorded.
    :raises ContentDestroyed, KeyUnreadable, KeysUnavailable, SubjectStateUnreadable: if whom it is about
        cannot be read.
    """
    rows = _list_rows(request)
    written = answer_once(
        caller=_CALLER,
        key=f"record/{request.pk}",
        body={"request": str(request.pk)},
        write=lambda: _write(rows, source=f"request {request.reference}"),
    )
    report = DatasetReport(dataset=_LEDGER, found=written.body["rows"], done=written.body["written"])
    return Outcome(state=StepState.DONE, datasets=(report,), note=_note(written.body))


def _list_rows(request: Request) -> list[NewRow]:
    said_at = min(request.received_at, get_time())
    identifiers = _identifiers_of(request)
    if RequestType(request.type) is RequestType.RESTRICTION:
        fact = NewFact(name=FactName.RESTRICTED, value="yes", effective_at=said_at)
        return [NewRow(found, (), (fact,)) for found in _sets_of_subjects(request) or [identifiers]]
    choices = _choices_of(request, said_at)
    return [NewRow((one,), choices, ()) for one in identifiers] if choices else []


def _choices_of(request: Request, said_at: datetime) -> tuple[NewChoice, ...]:
    request_type = RequestType(request.type)
    policy = get_policy_in_force(at=get_time())
    document: Mapping[str, Any] = canonical.loads(policy.canonical) if policy else {}
    choices = list_choices(
        request_type,
        policy=document,
        controller=request.controller,
        purposes=request.purposes,
        said_at=said_at,
    )
    if not choices and request_type is not RequestType.LIMIT_SENSITIVE:
        raise NotPossible("this request says nothing that is recorded")
    return choices


def _identifiers_of(request: Request) -> tuple[Identifier, ...]:
    person = read_person(request).identifiers
    return tuple(
        Identifier(kind, value, is_normalised=True) for kind, values in person.items() for value in values
    )


def _sets_of_subjects(request: Request) -> list[tuple[Identifier, ...]]:
    """Return one identifier of each subject that the request is about: a fact is written for one alone."""
    known = list_identifiers([SubjectRef(ref) for ref in request.subjects])
    return [
        (Identifier(first.kind, first.value, first.verified, is_normalised=True),)
        for first in (max(found, key=lambda one: one.verified) for found in known.values() if found)
    ]


def _write(rows: Sequence[NewRow], *, source: str) -> dict[str, Any]:
    outcomes = record_rows(rows=rows, source=source, at=get_time()) if rows else []
    faults = [one for one in outcomes if isinstance(one, Fault)]
    return {
        "rows": len(rows),
        "written": len(outcomes) - len(faults),
        "erased": sum(one.code is FaultCode.SUBJECT_ERASED for one in faults),
        "refused": sum(one.code is not FaultCode.SUBJECT_ERASED for one in faults),
    }


def _note(body: Mapping[str, int]) -> str:
    if not body["rows"]:
        return "No purpose of the policy in force uses special categories: there is nothing to limit."
    if body["refused"]:
        return f"{body['refused']} could not be recorded: they lead to people who must not be joined."
    if body["erased"]:
        return f"{body['erased']} lead to somebody who was erased: everything is denied for them already."
    return ""
