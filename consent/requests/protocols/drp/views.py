"""The addresses of the Data Rights Protocol 1.0, below `/drp/`."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

from consent.kernel.errors import AccordantError
from consent.requests.limits.counting import spend
from consent.requests.limits.networks import find_network
from consent.requests.limits.protocols import BY_AGENT, BY_VISITOR, TOKENS_BY_AGENT
from consent.requests.models import Agent
from consent.requests.protocols.drp import agents, errors, exercising
from consent.requests.protocols.drp.messages import MOST_BYTES, Message, Signer, read_message
from consent.requests.protocols.drp.statuses import tell_status
from consent.requests.raw_body import RawParser

_FATAL = (errors.MessageExpired,)


class SignedParser(RawParser):
    """The body as it was sent: Base64 of a signature and a message."""

    media_type, most_bytes = "text/plain", MOST_BYTES


class StatusSerializer(serializers.Serializer[Any]):
    """Where a request stands: for the documentation; `status.schema.json` is the form."""

    request_id = serializers.UUIDField()
    agent_request_id = serializers.CharField(required=False)
    received_at = serializers.DateTimeField()
    status = serializers.CharField()
    reason = serializers.CharField(required=False)
    expected_by = serializers.DateTimeField(required=False)
    processing_details = serializers.CharField(required=False)
    user_verification_url = serializers.CharField(required=False)


class TokenSerializer(serializers.Serializer[Any]):
    """The token that the agent shows from now on."""

    token = serializers.CharField()


class DrpView(APIView):
    """What all addresses of the protocol do: open only if set up, errors in the protocol's form."""

    authentication_classes = []
    permission_classes = []
    parser_classes = [SignedParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let the call in. `DrpClosed` rises if nothing is set up."""
        super().initial(request, *args, **kwargs)
        if not settings.DRP_BUSINESSES:
            raise errors.DrpClosed("this service takes part in no network of the Data Rights Protocol")

    def handle_exception(self, exc: Exception) -> HttpResponse:  # type: ignore[override]  # no Response of the framework
        """Return the error in the protocol's form. What is no error of the caller's is answered as ever."""
        if isinstance(exc, AccordantError):
            return tell_error(exc.status, str(exc), is_fatal=isinstance(exc, _FATAL))
        if isinstance(exc, APIException):
            return tell_error(exc.status_code, str(exc.default_detail))
        answer: HttpResponse = super().handle_exception(exc)
        return answer

    def agent(self, request: Request) -> Agent:
        """Return who asks.

        :raises TokenRefused: if no token that stands is shown.
        :raises TooMany: if it was asked too often.
        """
        try:
            agent = agents.authenticate(request.headers.get("Authorization", ""))
        except errors.TokenRefused:
            spend(BY_VISITOR, _network(request), at=timezone.now())
            raise
        spend(BY_AGENT, agent.slug, at=timezone.now())
        return agent

    def message(self, request: Request, signer: Signer, form: str, *, is_enveloped: bool = True) -> Message:
        """Return what the body says, once it passed every check in the mandated order."""
        content: Any = request.data
        return read_message(
            content if isinstance(content, bytes) else b"",
            signer=signer,
            businesses=settings.DRP_BUSINESSES,
            form=form,
            at=timezone.now(),
            is_enveloped=is_enveloped,
        )


class ExerciseView(DrpView):
    """Requests of people, sent by their agents."""

    @extend_schema(
        operation_id="drp_exercise",
        auth=[],
        request={"text/plain": OpenApiTypes.STR},
        responses={200: StatusSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Take in a signed request. The answer is the same whether the person is known or not."""
        agent = self.agent(request)
        signer = Signer(agent=agent.slug, verify_key=agent.verify_key)
        message = self.message(request, signer, "exercise")
        asked = exercising.exercise(agent, message, at=timezone.now())
        return JsonResponse(tell_status(asked))


class SlashedExerciseView(ExerciseView):
    """The same, at the address that versions before 0.9.3 gave."""

    schema = None


class OneRequestView(DrpView):
    """One request of a person."""

    @extend_schema(operation_id="drp_status", auth=[], responses={200: StatusSerializer})
    def get(self, request: Request, request_id: UUID) -> HttpResponse:
        """Return where the request stands."""
        return JsonResponse(tell_status(exercising.find_request(self.agent(request), request_id)))

    @extend_schema(
        operation_id="drp_revoke",
        auth=[],
        request={"text/plain": OpenApiTypes.STR},
        responses={200: StatusSerializer},
    )
    def delete(self, request: Request, request_id: UUID) -> HttpResponse:
        """End the request, because its person takes it back."""
        agent = self.agent(request)
        signer = Signer(agent=agent.slug, verify_key=agent.verify_key)
        message = self.message(request, signer, "revoke", is_enveloped=False)
        return JsonResponse(tell_status(exercising.revoke(agent, request_id, message, at=timezone.now())))


class AgentView(DrpView):
    """The pair of an agent and us."""

    @extend_schema(
        operation_id="drp_set_up",
        auth=[],
        request={"text/plain": OpenApiTypes.STR},
        responses={200: TokenSerializer},
    )
    def post(self, request: Request, agent_id: str) -> HttpResponse:
        """Return a new token for the agent that signed the message. The one before it counts no more.

        Whatever is wrong with the message: 403, and nothing said of it.
        """
        spend(BY_VISITOR, _network(request), at=timezone.now())
        try:
            message = self.message(request, agents.find_signer(agent_id), "setup")
            spend(TOKENS_BY_AGENT, agent_id, at=timezone.now())
            token = agents.set_up(agent_id, message, at=timezone.now())
        except AccordantError as error:
            if error.status >= 500 or error.status == 429:
                raise
            return HttpResponse(status=403)
        return JsonResponse({"agent-id": agent_id, "token": token})

    @extend_schema(operation_id="drp_agent", auth=[], responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, agent_id: str) -> HttpResponse:
        """Return an empty object if the token is the agent's."""
        if self.agent(request).slug != agent_id:
            raise errors.AnotherAgent("the token is another agent's")
        return JsonResponse({})


def tell_error(status: int, message: str, *, is_fatal: bool = False) -> HttpResponse:
    """Return an error in the protocol's form (section 3.06)."""
    body: dict[str, Any] = {"code": str(status), "message": message}
    return JsonResponse({**body, "fatal": True} if is_fatal else body, status=status)


def _network(request: Request) -> str:
    return find_network(request.META)
