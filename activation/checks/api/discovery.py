"""What callers may know before they ask: where the addresses are, and which policy is in force."""

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activation.checks import queries
from activation.checks.api.shapes import AnswerSerializer, MetadataSerializer, PolicySerializer
from activation.checks.types import Scope

_ADDRESSES = {
    "access_evaluation_endpoint": "evaluation",
    "access_evaluations_endpoint": "evaluations",
    "search_subject_endpoint": "search-subject",
    "search_resource_endpoint": "search-resource",
    "search_action_endpoint": "search-action",
}


class MetadataView(APIView):
    """Where the addresses of the AuthZEN Authorization API are. Public."""

    authentication_classes = []
    permission_classes = []

    @extend_schema(operation_id="get_authzen_configuration", responses={200: MetadataSerializer}, auth=[])
    def get(self, request: Request) -> Response:
        """Return the metadata of this policy decision point."""
        base = (settings.PUBLIC_URL or request.build_absolute_uri("/")).rstrip("/")
        addresses = {member: base + reverse(name) for member, name in _ADDRESSES.items()}
        return Response({"policy_decision_point": base, **addresses})


class CurrentPolicyView(APIView):
    """The policy in force."""

    required_scope = Scope.CHECK

    @extend_schema(operation_id="get_current_policy", responses={200: PolicySerializer})
    def get(self, _request: Request) -> Response:
        """Return the policy that questions are decided by now, with its frozen text."""
        policy = queries.get_current_policy(at=timezone.now())
        return Response(
            {
                "key": policy.key,
                "version": policy.version,
                "digest": policy.digest,
                "in_force_from": policy.in_force_from,
                "in_force_until": policy.in_force_until,
                "canonical": policy.canonical.decode(),
            }
        )


class DecisionView(APIView):
    """One explained decision."""

    required_scope = Scope.EXPLAIN

    @extend_schema(operation_id="replay_decision", responses={200: AnswerSerializer})
    def get(self, _request: Request, decision_id: str) -> HttpResponse:
        """Return an explained answer made anew, to the same bytes; 409 if what it rested on is gone."""
        return HttpResponse(queries.replay(decision_id=decision_id), content_type="application/json")
