"""`POST /api/v1/checks`: one question about up to 10,000 people."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from activation.checks import queries, services, wire
from activation.checks.api import examples
from activation.checks.api.bodies import ChecksBody, read_body
from activation.checks.api.evaluation import caller_of, write
from activation.checks.api.metered import MeteredView
from activation.checks.api.shapes import ChecksAnswerSerializer, ChecksSerializer
from activation.checks.types import Scope
from consent.kernel.errors import AccordantError


class ChecksView(MeteredView):
    """May these people's data be used for this purpose at this destination?"""

    required_scope = Scope.CHECK
    open_to_test_keys = True
    parser_classes = [ChecksBody]

    @extend_schema(
        operation_id="check",
        request=ChecksSerializer,
        responses={200: ChecksAnswerSerializer},
        examples=[examples.CHECKS],
    )
    def post(self, request: Request) -> HttpResponse:
        """Answer for each subject, in the order sent. A subject that cannot be read is denied."""
        batch, caller = wire.read_checks(read_body(request)), caller_of(request)
        wire.refuse_unpermitted(batch, caller.scopes)
        asked = queries.ask_each(batch)
        self.count(request, asked)
        outcomes = queries.check_many(asked=asked, at=timezone.now(), is_test=caller.is_test)
        decided = list(zip(asked, _raise_refusal(outcomes), strict=True))
        checked = services.settle(decided=decided, form=services.Form.CHECK, is_test=caller.is_test)
        return write(wire.answer_checks(batch, checked, scopes=caller.scopes, test=caller.is_test))


def _raise_refusal(outcomes: list[queries.Found | AccordantError]) -> list[queries.Found]:
    """Return the decisions; the question is one for all, so what is wrong with it refuses the request."""
    found = [one for one in outcomes if isinstance(one, queries.Found)]
    for one in outcomes:
        if isinstance(one, AccordantError):
            raise one
    return found
