"""`POST /api/v1/checks`: one question about up to 10,000 people."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from activation.checks import queries, services, wire
from activation.checks.api.bodies import ChecksBody, read_body
from activation.checks.api.evaluation import scopes_of, write
from activation.checks.api.shapes import ChecksAnswerSerializer, ChecksSerializer
from activation.checks.types import Scope
from consent.kernel.errors import AccordantError


class ChecksView(APIView):
    """May these people's data be used for this purpose at this destination?"""

    required_scope = Scope.CHECK
    parser_classes = [ChecksBody]

    @extend_schema(operation_id="check", request=ChecksSerializer, responses={200: ChecksAnswerSerializer})
    def post(self, request: Request) -> HttpResponse:
        """Answer for each subject, in the order sent. A subject that cannot be read is denied."""
        batch, scopes = wire.read_checks(read_body(request)), scopes_of(request)
        wire.refuse_unpermitted(batch, scopes)
        asked = queries.ask_each(batch)
        found = _raise_refusal(queries.check_many(asked=asked, at=timezone.now()))
        decided = list(zip(asked, found, strict=True))
        checked = services.settle(decided=decided, form=services.Form.CHECK)
        return write(wire.answer_checks(batch, checked, scopes=scopes))


def _raise_refusal(outcomes: list[queries.Found | AccordantError]) -> list[queries.Found]:
    """Return the decisions; the question is one for all, so what is wrong with it refuses the request."""
    found = [one for one in outcomes if isinstance(one, queries.Found)]
    for one in outcomes:
        if isinstance(one, AccordantError):
            raise one
    return found
