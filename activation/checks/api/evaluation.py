"""`POST /access/v1/evaluation` and `/evaluations` of the AuthZEN Authorization API 1.0.

They answer from PostgreSQL, and are the reference of the check plane: whatever else answers them must
answer the same.
"""

from collections.abc import Iterator, Sequence
from typing import cast

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from activation.checks import queries, services, wire
from activation.checks.api import examples
from activation.checks.api.bodies import AuthzenView, EvaluationsBody, read_body
from activation.checks.api.shapes import (
    AnswerSerializer,
    AnswersSerializer,
    EvaluationSerializer,
    EvaluationsSerializer,
)
from activation.checks.types import Caller, Scope
from consent.kernel.errors import AccordantError

Outcome = tuple[wire.Asked, queries.Found] | wire.ItemError
"""A question with its decision; or why there is none."""


class EvaluationView(AuthzenView):
    """May this person's data be used for this purpose at this destination?"""

    required_scope = Scope.CHECK
    open_to_test_keys = True

    @extend_schema(
        operation_id="evaluate",
        request=EvaluationSerializer,
        responses={200: AnswerSerializer},
        examples=[examples.EVALUATION],
    )
    def post(self, request: Request) -> HttpResponse:
        """Answer one question. Unknown means no."""
        asked = wire.read_evaluation(read_body(request))
        self.count(request, [asked])
        return write(answer_one(asked, caller_of(request)))


class EvaluationsView(AuthzenView):
    """May these people's data be used for these purposes at these destinations?"""

    required_scope = Scope.CHECK
    open_to_test_keys = True
    parser_classes = [EvaluationsBody]

    @extend_schema(
        operation_id="evaluate_many",
        request=EvaluationsSerializer,
        responses={200: AnswersSerializer},
        examples=[examples.EVALUATIONS],
    )
    def post(self, request: Request) -> HttpResponse:
        """Answer up to 1,000 questions from one view. What is wrong with one denies that one."""
        asked, caller = wire.read_evaluations(read_body(request)), caller_of(request)
        self.count(request, asked.items)
        if asked.is_single:
            [item] = asked.items
            return write(answer_one(cast("wire.Asked", item), caller))  # an error was raised
        for item in asked.items:
            if isinstance(item, wire.Asked):
                wire.refuse_unpermitted(item, caller.scopes)
        outcomes = list(_up_to_last(_decide(asked.items, caller), asked.semantic))
        return write(wire.answer_evaluations(list(_answer(outcomes, caller))))


def answer_one(asked: wire.Asked, caller: Caller) -> wire.Data:
    """Return the answer to one question.

    :raises ExplainNotPermitted: or :raises ShadowNotPermitted: if it asks for more than the caller may.
    :raises MalformedToken: or :raises ControllerMissing: if it cannot be decided.
    """
    wire.refuse_unpermitted(asked, caller.scopes)
    [found] = queries.check_many(asked=[asked], at=timezone.now(), is_test=caller.is_test)
    if isinstance(found, AccordantError):
        raise found
    decided = [(asked, found)]
    [checked] = services.settle(decided=decided, form=services.Form.EVALUATION, is_test=caller.is_test)
    return wire.answer_evaluation(checked, scopes=caller.scopes, shadow=asked.shadow, test=caller.is_test)


def caller_of(request: Request) -> Caller:
    """Return who asks."""
    return cast("Caller", request.user)  # as `config.access` sets it


def write(answer: wire.Data) -> HttpResponse:
    """Return the response with `answer` in its body."""
    return HttpResponse(wire.write_answer(answer), content_type=wire.MEDIA_TYPE)


def _decide(items: Sequence[wire.Asked | wire.ItemError], caller: Caller) -> Iterator[Outcome]:
    """Yield the outcome of each item, in order."""
    asked = [item for item in items if isinstance(item, wire.Asked)]
    found = iter(queries.check_many(asked=asked, at=timezone.now(), is_test=caller.is_test))
    for item in items:
        decided = item if isinstance(item, wire.ItemError) else next(found)
        if isinstance(decided, AccordantError):
            yield wire.ItemError(decided.code, str(decided))
        elif isinstance(decided, wire.ItemError):
            yield decided
        else:
            yield cast("wire.Asked", item), decided


def _up_to_last(outcomes: Iterator[Outcome], semantic: wire.Semantic) -> Iterator[Outcome]:
    """Yield the outcomes up to the one that ends the request."""
    for outcome in outcomes:
        yield outcome
        if wire.is_last(_is_allowed(outcome), semantic):
            return


def _is_allowed(outcome: Outcome) -> bool:
    if isinstance(outcome, wire.ItemError):
        return False
    asked, found = outcome
    return asked.shadow or found.decision.effect == "allow"


def _answer(outcomes: Sequence[Outcome], caller: Caller) -> Iterator[wire.Data]:
    decided = [outcome for outcome in outcomes if not isinstance(outcome, wire.ItemError)]
    form, test = services.Form.EVALUATION, caller.is_test
    checked = iter(services.settle(decided=decided, form=form, is_test=test))
    for outcome in outcomes:
        if isinstance(outcome, wire.ItemError):
            yield wire.answer_error(outcome)
        else:
            shadow = outcome[0].shadow
            yield wire.answer_evaluation(next(checked), scopes=caller.scopes, shadow=shadow, test=test)
