"""What a request says is written into the ledger once, for known and unknown people alike."""

from typing import Any

import pytest

from consent.policies import services as policies
from consent.policies.document.writing import write_yaml
from consent.records.queries import list_records
from consent.records.types import ANY_PURPOSE, Choice
from consent.requests.intake.recording import record
from consent.requests.models import Request
from consent.requests.types import NotPossible, RequestType, StepState
from consent.subjects.queries import find_subjects, list_facts, list_links
from consent.subjects.types import FactName, SubjectRef
from tests.policy_documents import make_document
from tests.policy_officers import JAN_1, approve, make_officer, submit
from tests.requests_world import customer_of, email_of, take_in
from tests.subjects_world import attach

pytestmark = pytest.mark.django_db


def publish(**purpose: Any) -> None:
    document = make_document()
    document["purposes"]["marketing.email"].update(purpose)
    document["data_categories"]["contact.email"].pop("special", None)
    draft = policies.import_policy(text=write_yaml(document), author_id=make_officer("alice").pk, at=JAN_1)
    submit(draft)
    approve(draft, by="bob")
    policies.publish(version_id=draft.version_id, effective_at=JAN_1, at=JAN_1)


def request_of(**changes: Any) -> Request:
    return Request.objects.get(pk=take_in(**changes).request_id)


def choices_of(*refs: SubjectRef) -> list[tuple[str, Choice, str | None]]:
    found = list_records(refs=refs)
    return sorted((one.purpose, one.choice, one.controller) for records in found.values() for one in records)


def subjects_of(*identifiers: Any) -> list[SubjectRef]:
    return [ref for refs in find_subjects([[one] for one in identifiers]) for ref in refs]


def test_an_opt_out_of_an_unknown_person_stands_for_what_is_marked_now_and_what_will_be() -> None:
    publish(opt_out_signals=["sale"])
    request = request_of(type=RequestType.OPT_OUT, controller="shop")

    outcome = record(request)

    assert outcome.state is StepState.DONE
    [ref] = subjects_of(email_of("ann"))
    assert choices_of(ref) == [
        (ANY_PURPOSE, Choice.SIGNAL, "shop"),
        ("marketing.email", Choice.OPTED_OUT, "shop"),
    ]
    [one, *_] = list_records(refs=[ref])[ref]
    assert one.effective_at == request.received_at


def test_recorded_again_it_is_written_once() -> None:
    request = request_of(type=RequestType.WITHDRAWAL)
    first, again = record(request), record(request)

    assert first == again
    assert choices_of(*subjects_of(email_of("ann"))) == [(ANY_PURPOSE, Choice.WITHDRAWN, "acme")]


def test_a_no_reaches_each_identifier_that_was_named_and_links_nobody() -> None:
    """Whoever names two people's addresses in one form must not make one person of them."""
    attach([email_of("ann", verified=True)], [email_of("bob")])
    record(request_of(type=RequestType.OBJECTION, identifiers=(email_of("ann"), email_of("bob"))))

    refs = subjects_of(email_of("ann"), email_of("bob"))
    assert len(set(refs)) == 2
    assert choices_of(*refs) == [(ANY_PURPOSE, Choice.OBJECTED, "acme")] * 2
    assert list_links(refs) == []


def test_an_objection_names_its_purposes() -> None:
    publish()
    record(request_of(type=RequestType.OBJECTION, controller="shop", purposes=("marketing.email",)))

    assert choices_of(*subjects_of(email_of("ann"))) == [("marketing.email", Choice.OBJECTED, "shop")]


def test_where_nothing_uses_special_categories_there_is_nothing_to_limit_and_the_outcome_says_so() -> None:
    publish()
    outcome = record(request_of(type=RequestType.LIMIT_SENSITIVE, controller="shop"))

    assert outcome.state is StepState.DONE
    assert "nothing to limit" in outcome.note
    assert subjects_of(email_of("ann")) == []


def test_a_restriction_is_a_fact_of_each_subject_that_was_proven() -> None:
    [[ann]] = attach([customer_of("4711"), email_of("ann", verified=True)])
    request = request_of(type=RequestType.RESTRICTION, identifiers=(customer_of("4711"),), vouched=True)

    record(request)

    [fact] = list_facts([ann])[ann]
    assert (fact.name, fact.value) == (FactName.RESTRICTED, "yes")


def test_a_request_that_says_nothing_of_the_kind_records_nothing() -> None:
    request = request_of(vouched=True, identifiers=(customer_of("4711"),))

    with pytest.raises(NotPossible):
        record(request)
