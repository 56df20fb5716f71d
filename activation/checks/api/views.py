"""`POST /access/v1/evaluation` of the AuthZEN Authorization API 1.0: the reference of the check plane."""

from typing import cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from activation.checks import queries
from activation.checks.api.mapping import to_answer, to_identifier, to_question
from activation.checks.api.metered import MeteredView
from activation.checks.api.serializers import AnswerSerializer, EvaluationSerializer
from activation.checks.types import Caller, Scope

REQUEST_ID = "X-Request-ID"
MAX_REQUEST_ID = 200


class EvaluationView(MeteredView):
    """May this person's data be used for this purpose at this destination?"""

    required_scope = Scope.CHECK
    open_to_test_keys = True

    @extend_schema(request=EvaluationSerializer, responses=AnswerSerializer, operation_id="evaluate")
    def post(self, request: Request) -> Response:
        """Answer one question. Unknown means no."""
        asked = EvaluationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        caller, identifiers = (
            cast("Caller", request.user),
            [to_identifier(data)],
        )  # as `config.access` sets it
        self.count(request, identifiers, questions=1)
        decision = queries.check(
            caller=caller, identifiers=identifiers, question=to_question(data), at=timezone.now()
        )
        return Response(to_answer(decision, caller), headers=_echo(request))


def _echo(request: Request) -> dict[str, str]:
    """Return the request's own id, as the standard asks (section 10.1.3)."""
    sent = request.headers.get(REQUEST_ID)
    return {REQUEST_ID: sent[:MAX_REQUEST_ID]} if sent else {}
