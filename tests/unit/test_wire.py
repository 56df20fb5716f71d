"""The words of the check API: what a request may say, and what an answer tells whom."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activation.checks import wire
from activation.checks.types import Scope
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision, Obligation, Question
from consent.kernel.canonical import MalformedJson
from consent.kernel.errors import AccordantError
from consent.subjects.types import Identifier, IdentifierKind
from tests.decisions.world import patched

SECRET = "zebra.q-77"
"""Stands in for personal data: nothing repeats it."""
ONE = {
    "subject": {"type": "email", "id": "ann@example.com"},
    "action": {"name": "advertising.audience"},
    "resource": {"type": "destination", "id": "ads"},
}
PEOPLE = [{"type": "customer_id", "id": "1"}, {"type": "customer_id", "id": "2"}]
BATCH = {
    "purpose": "advertising.audience",
    "destination": "ads",
    "subjects": PEOPLE,
}
EXPLAINS = frozenset({Scope.CHECK, Scope.EXPLAIN})
CHECKS = frozenset({Scope.CHECK})


def body(value: Any, **changes: Any) -> bytes:
    return json.dumps(patched(value, changes)).encode()


def faults_of(call: Any, text: bytes) -> list[tuple[str, str]]:
    with pytest.raises(wire.MalformedRequest) as refused:
        call(text)
    assert SECRET not in str(refused.value) + str(refused.value.faults)
    return [(fault.path, fault.code) for fault in refused.value.faults]


def test_a_question_is_read_with_all_its_terms() -> None:
    asked = wire.read_evaluation(
        body(
            ONE,
            subject={"properties": {"role": "admin", "groups": ["a"]}},
            context={
                "controller": "shop",
                "data_categories": ["contact.email"],
                "jurisdiction": "US-CA",
                "as_of": "2026-02-01T01:00:00+01:00",
                "known_at": "2026-03-01T00:00:00Z",
                "max_staleness_s": 1.5,
                "at_least": "token",
                "explain": True,
                "shadow": True,
            },
        )
    )

    assert asked == wire.Asked(
        identifier=Identifier(IdentifierKind.EMAIL, "ann@example.com"),
        question=Question(
            purpose="advertising.audience",
            destination="ads",
            controller="shop",
            data_categories=frozenset({"contact.email"}),
            jurisdiction_hint="US-CA",
            properties={"subject.role": "admin", "subject.groups": None},
            as_of=datetime(2026, 2, 1, tzinfo=UTC),
            known_at=datetime(2026, 3, 1, tzinfo=UTC),
            max_staleness=timedelta(seconds=1.5),
        ),
        subject_type="email",
        resource_type="destination",
        token="token",
        explain=True,
        shadow=True,
    )


def test_the_standards_own_word_for_a_person_stands_for_a_user_number() -> None:
    asked = wire.read_evaluation(body(ONE, subject={"type": "user", "id": "7"}))

    assert asked.identifier == Identifier(IdentifierKind.USER_ID, "7")
    assert asked.subject_type == "user"


def test_an_unknown_kind_of_subject_is_no_fault_of_the_request() -> None:
    asked = wire.read_evaluation(body(ONE, subject={"type": "spaceship"}))

    assert isinstance(asked.identifier, wire.ItemError)
    assert asked.identifier.code == "unknown_subject_type"


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"subject": None}, ("/subject", "missing_field")),
        ({"action": None}, ("/action", "missing_field")),
        ({"resource": None}, ("/resource", "missing_field")),
        ({"subject": SECRET}, ("/subject", "wrong_type")),
        ({"subject": {"type": None}}, ("/subject/type", "missing_field")),
        ({"subject": {"id": None}}, ("/subject/id", "missing_field")),
        ({"subject": {"id": 7}}, ("/subject/id", "wrong_type")),
        ({"subject": {"id": ""}}, ("/subject/id", "empty")),
        ({"subject": {"id": SECRET * 33}}, ("/subject/id", "too_long")),
        ({"subject": {"properties": [SECRET]}}, ("/subject/properties", "wrong_type")),
        (
            {"subject": {"properties": {SECRET + str(n): n for n in range(101)}}},
            ("/subject/properties", "too_many"),
        ),
        ({"action": {"name": None}}, ("/action/name", "missing_field")),
        ({"action": {"name": 123}}, ("/action/name", "wrong_type")),
        ({"resource": {"type": None}}, ("/resource/type", "missing_field")),
        ({"resource": {"id": None}}, ("/resource/id", "missing_field")),
        ({"context": [SECRET]}, ("/context", "wrong_type")),
        ({"context": {"jurisdiction": "Bavaria"}}, ("/context/jurisdiction", "malformed_value")),
        ({"context": {"jurisdiction": "DE\n"}}, ("/context/jurisdiction", "malformed_value")),
        ({"context": {"max_staleness_s": -1}}, ("/context/max_staleness_s", "out_of_bounds")),
        ({"context": {"max_staleness_s": True}}, ("/context/max_staleness_s", "wrong_type")),
        ({"context": {"max_staleness_s": 86_401}}, ("/context/max_staleness_s", "out_of_bounds")),
        ({"context": {"as_of": "yesterday"}}, ("/context/as_of", "malformed_time")),
        ({"context": {"as_of": "2026-01-01T00:00:00"}}, ("/context/as_of", "malformed_time")),
        ({"context": {"as_of": "0001-01-01T00:00:00Z"}}, ("/context/as_of", "out_of_bounds")),
        ({"context": {"known_at": "9999-12-31T23:59:59Z"}}, ("/context/known_at", "out_of_bounds")),
        ({"context": {"data_categories": "contact"}}, ("/context/data_categories", "wrong_type")),
        ({"context": {"data_categories": [1]}}, ("/context/data_categories", "wrong_type")),
        ({"context": {"data_categories": ["x"] * 101}}, ("/context/data_categories", "too_long")),
        ({"context": {"controller": "c" * 65}}, ("/context/controller", "too_long")),
        ({"context": {"at_least": 5}}, ("/context/at_least", "wrong_type")),
        ({"context": {"explain": "yes"}}, ("/context/explain", "wrong_type")),
        ({"context": {"shadow": 1}}, ("/context/shadow", "wrong_type")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_question_is_told_with_its_place(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults_of(wire.read_evaluation, body(ONE, **changes)) == [fault]
    assert faults_of(wire.read_evaluations, body(ONE, **changes)) == [fault]


@pytest.mark.parametrize("text", [b"", b"{", b'{"a": 1, "a": 2}', b'{"a": NaN}', b"\xff", b"[" * 3000])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    for read in (wire.read_evaluation, wire.read_evaluations, wire.read_checks, wire.read_subject_search):
        with pytest.raises(MalformedJson):
            read(text)


@pytest.mark.parametrize("text", [b"[]", b"null", b'"text"', b"7"])
def test_what_is_no_object_is_refused(text: bytes) -> None:
    for read in (wire.read_evaluation, wire.read_evaluations, wire.read_checks, wire.read_subject_search):
        assert faults_of(read, text) == [("", "wrong_type")]


def test_a_body_that_is_too_long_is_not_even_parsed() -> None:
    for read, limit in (
        (wire.read_evaluation, wire.MAX_EVALUATION_BYTES),
        (wire.read_evaluations, wire.MAX_EVALUATIONS_BYTES),
        (wire.read_checks, wire.MAX_CHECKS_BYTES),
    ):
        with pytest.raises(wire.BodyTooLarge):
            read(b"{" * (limit + 1))


def test_an_entity_that_an_item_leaves_out_is_the_whole_default() -> None:
    record = {"type": "record", "id": "record-2", "properties": {"status": "archived"}}
    asked = wire.read_evaluations(
        body(
            ONE,
            resource={"properties": {"owner": "bob"}},
            context={"jurisdiction": "DE"},
            evaluations=[{}, {"resource": record}, {"context": {}}],
        )
    )

    items = [item for item in asked.items if isinstance(item, wire.Asked)]
    assert [item.question.destination for item in items] == ["ads", "record-2", "ads"]
    assert [item.question.properties for item in items] == [
        {"resource.owner": "bob"},
        {"resource.status": "archived"},
        {"resource.owner": "bob"},
    ]
    assert [item.question.jurisdiction_hint for item in items] == ["DE", "DE", None]
    assert not asked.is_single


def test_what_is_wrong_with_one_item_stands_in_its_place() -> None:
    broken = {"resource": {"type": "destination"}}
    asked = wire.read_evaluations(
        body(ONE, resource=None, evaluations=[{}, broken, SECRET, {"resource": ONE["resource"]}])
    )

    errors = [item.message if isinstance(item, wire.ItemError) else None for item in asked.items]
    assert errors == [
        "/evaluations/0/resource: must be given",
        "/evaluations/1/resource/id: must be given",
        "/evaluations/2: must be an object",
        None,
    ]


@pytest.mark.parametrize("evaluations", [None, []])
def test_without_items_a_request_is_a_single_one(evaluations: Any) -> None:
    asked = wire.read_evaluations(body(ONE, evaluations=evaluations))

    assert asked.is_single
    assert asked.items == (wire.read_evaluation(body(ONE)),)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"evaluations": {}}, ("/evaluations", "wrong_type")),
        ({"evaluations": [{}], "subject": SECRET}, ("/subject", "wrong_type")),
        ({"evaluations": [{}], "options": []}, ("/options", "wrong_type")),
        (
            {"evaluations": [{}], "options": {"evaluations_semantic": "some"}},
            ("/options/evaluations_semantic", "malformed_value"),
        ),
        (
            {"evaluations": [{"context": {"as_of": f"2026-01-{day:02}T00:00:00Z"}} for day in range(1, 18)]},
            ("/evaluations", "too_many"),
        ),
    ],
)
def test_what_is_wrong_with_the_whole_refuses_the_whole(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults_of(wire.read_evaluations, body(ONE, **changes)) == [fault]


def test_more_items_than_are_answered_at_once_are_refused() -> None:
    assert len(wire.read_evaluations(body(ONE, evaluations=[{}] * 1_000)).items) == 1_000
    with pytest.raises(wire.TooManyItems):
        wire.read_evaluations(body(ONE, evaluations=[{}] * 1_001))
    with pytest.raises(wire.TooManyItems):
        wire.read_checks(body(BATCH, subjects=PEOPLE * 5_001))
    with pytest.raises(wire.TooManyItems):
        wire.read_checks(body(BATCH, explain=True, subjects=PEOPLE * 501))


def test_a_batch_keeps_a_place_for_each_subject() -> None:
    sent = [{"type": "email", "id": "a@b.example"}, SECRET, {"type": "email"}, {"type": "x", "id": "1"}]
    odd = [{"type": "email", "id": 7}, {"type": "email", "id": ""}, {"type": "email", "id": "1", "name": "x"}]
    asked = wire.read_checks(body(BATCH, subjects=[*sent, *odd]))

    assert [one.code if isinstance(one, wire.ItemError) else "" for one in asked.subjects] == [
        "",
        "malformed_subject",
        "malformed_subject",
        "unknown_subject_type",
        "malformed_subject",
        "malformed_subject",
        "malformed_subject",
    ]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"purpose": None}, ("/purpose", "missing_field")),
        ({"destination": 7}, ("/destination", "wrong_type")),
        ({"subjects": None}, ("/subjects", "missing_field")),
        ({"subjects": []}, ("/subjects", "missing_field")),
        ({"subjects": {}}, ("/subjects", "wrong_type")),
        ({"mood": SECRET}, ("/mood", "unknown_field")),
        ({SECRET: 1}, ("/(not a field's name)", "unknown_field")),
        ({"properties": {SECRET: "x"}}, ("/properties", "malformed_value")),
        ({"properties": {"subject.role": [SECRET]}}, ("/properties", "malformed_value")),
        ({"as_of": SECRET}, ("/as_of", "malformed_time")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_batch_is_told_with_its_place(
    changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults_of(wire.read_checks, body(BATCH, **changes)) == [fault]


def test_what_is_searched_for_needs_no_id_and_one_that_is_sent_is_ignored() -> None:
    subjects = wire.read_subject_search(body(ONE, subject={"id": [SECRET]}, page={"limit": 1}))
    resources = wire.read_resource_search(body(ONE, resource={"id": None}))
    actions = wire.read_action_search(body(ONE, action=SECRET))

    assert subjects.identifier is None
    assert subjects.page == wire.AskedPage(None, 1)
    assert resources.question.destination == ""
    assert actions.question.purpose == ""
    assert actions.identifier == Identifier(IdentifierKind.EMAIL, "ann@example.com")


@pytest.mark.parametrize(
    ("read", "changes", "fault"),
    [
        (wire.read_subject_search, {"action": None}, ("/action", "missing_field")),
        (wire.read_subject_search, {"resource": {"id": None}}, ("/resource/id", "missing_field")),
        (wire.read_resource_search, {"subject": None}, ("/subject", "missing_field")),
        (wire.read_resource_search, {"subject": {"id": None}}, ("/subject/id", "missing_field")),
        (wire.read_action_search, {"resource": None}, ("/resource", "missing_field")),
        (wire.read_action_search, {"subject": {"id": None}}, ("/subject/id", "missing_field")),
        (wire.read_action_search, {"page": []}, ("/page", "wrong_type")),
        (wire.read_action_search, {"page": {"limit": -1}}, ("/page/limit", "out_of_bounds")),
        (wire.read_action_search, {"page": {"limit": 1.5}}, ("/page/limit", "wrong_type")),
        (wire.read_action_search, {"page": {"token": 7}}, ("/page/token", "wrong_type")),
    ],
)
def test_what_is_wrong_with_a_search_is_told_with_its_place(
    read: Any, changes: dict[str, Any], fault: tuple[str, str]
) -> None:
    assert faults_of(read, body(ONE, **changes)) == [fault]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*ONE, *BATCH, "evaluations", "type", "id", "name"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@given(st.binary(max_size=200) | JUNK.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_are_answered_with_anything_but_a_question_or_a_refusal(text: bytes) -> None:
    for read in (
        wire.read_evaluation,
        wire.read_evaluations,
        wire.read_checks,
        wire.read_subject_search,
        wire.read_resource_search,
        wire.read_action_search,
    ):
        with suppress(AccordantError):  # anything else is a defect
            read(text)


def decision(**changes: Any) -> Decision:
    return Decision(
        **{
            "effect": Effect.ALLOW,
            "reason": Reason.GRANTED,
            "purpose": "advertising.audience",
            "destination": "ads",
            "rule_id": "germany",
            "record_id": "rec_1",
            "policy_version": 3,
            "policy_digest": "sha256:0",
            "valid_until": datetime(2027, 1, 1, tzinfo=UTC),
            "obligations": (Obligation("mask", "email", "sha256"),),
            "watermark": 12,
            **changes,
        }
    )


def denied(reason: Reason, **changes: Any) -> wire.Checked:
    given_out = {"rule_id": "germany", "record_id": "rec_9", **changes}
    return wire.Checked(decision=decision(effect=Effect.DENY, reason=reason, obligations=(), **given_out))


def test_an_allow_carries_what_it_rests_on() -> None:
    answer = wire.answer_evaluation(wire.Checked(decision=decision()), scopes=CHECKS)

    assert answer == {
        "decision": True,
        "context": {
            "reason": "granted",
            "policy_version": 3,
            "policy_digest": "sha256:0",
            "watermark": 12,
            "historic": False,
            "valid_until": "2027-01-01T00:00:00Z",
            "obligations": [{"kind": "mask", "field": "email", "value": "sha256"}],
        },
    }


@pytest.mark.parametrize("shadow", [False, True])
def test_denied_people_look_alike_to_callers_who_may_not_know_why(shadow: bool) -> None:
    refusals = [
        denied(reason, valid_until=until)
        for reason in (Reason.SUBJECT_UNKNOWN, Reason.WITHDRAWN, Reason.EXPIRED)
        for until in (None, datetime(2027, 1, 1, tzinfo=UTC))
    ]
    batch = wire.read_checks(body(BATCH, shadow=shadow, subjects=PEOPLE * 3))

    singles = [wire.answer_evaluation(one, scopes=CHECKS, shadow=shadow) for one in refusals]
    told = wire.answer_checks(batch, refusals, scopes=CHECKS)

    assert all(answer == singles[0] for answer in singles)
    assert all(result == told["results"][0] for result in told["results"])
    assert told["summary"] == {"not_permitted": 6}


def test_a_record_is_named_only_in_an_answer_that_is_kept() -> None:
    checked = denied(Reason.WITHDRAWN)
    kept = wire.Checked(decision=checked.decision, decision_id="dec_1")

    assert "record_id" not in wire.answer_evaluation(checked, scopes=EXPLAINS)["context"]
    context = wire.answer_evaluation(kept, scopes=EXPLAINS)["context"]
    assert (context["record_id"], context["decision_id"]) == ("rec_9", "dec_1")


def test_an_advisory_answer_allows_and_says_what_it_would_have_said() -> None:
    answer = wire.answer_evaluation(denied(Reason.WITHDRAWN), scopes=EXPLAINS, shadow=True)
    hidden = wire.answer_evaluation(denied(Reason.WITHDRAWN), scopes=CHECKS, shadow=True)

    assert answer["decision"] is True
    assert answer["context"]["advisory"] is True
    assert answer["context"]["would"] == {"effect": "deny", "reason": "withdrawn"}
    assert hidden["context"]["would"] == {"effect": "deny", "reason": "not_permitted"}


def test_an_answer_from_example_data_says_so() -> None:
    batch = wire.read_checks(body(BATCH))
    results = [wire.Checked(decision=decision())] * 2

    assert wire.answer_evaluation(results[0], scopes=CHECKS, test=True)["context"]["test"] is True
    assert wire.answer_checks(batch, results, scopes=CHECKS, test=True)["test"] is True


def test_a_batch_is_answered_for_each_subject_or_not_at_all() -> None:
    batch = wire.read_checks(body(BATCH))
    results = [wire.Checked(decision=decision()), denied(Reason.REFUSED)]

    told = wire.answer_checks(batch, results, scopes=EXPLAINS)

    assert [result["effect"] for result in told["results"]] == ["allow", "deny"]
    assert told["summary"] == {"granted": 1, "refused": 1}
    for wrong in (results[:1], [*results, results[0]]):
        with pytest.raises(ValueError, match="zip"):
            wire.answer_checks(batch, wrong, scopes=EXPLAINS)


def test_more_than_the_answer_takes_its_scope() -> None:
    explained, advisory = body(ONE, context={"explain": True}), body(ONE, context={"shadow": True})

    wire.refuse_unpermitted(wire.read_evaluation(explained), EXPLAINS)
    wire.refuse_unpermitted(wire.read_evaluation(advisory), {Scope.SHADOW})
    with pytest.raises(wire.ExplainNotPermitted):
        wire.refuse_unpermitted(wire.read_evaluation(explained), CHECKS)
    with pytest.raises(wire.ShadowNotPermitted):
        wire.refuse_unpermitted(wire.read_evaluation(advisory), EXPLAINS)


@pytest.mark.parametrize(
    ("sent", "echoed"),
    [("abc-1", "abc-1"), ("x" * 200, "x" * 200), ("x" * 201, None), ("ü", None), ("", None), (None, None)],
)
def test_a_request_id_comes_back_whole_or_not_at_all(sent: str | None, echoed: str | None) -> None:
    assert wire.read_request_id(sent) == echoed
