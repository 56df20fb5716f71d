"""`POST /access/v1/search/…` of the AuthZEN Authorization API 1.0."""

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from activation.checks import queries, wire
from activation.checks.api.bodies import AuthzenView, read_body
from activation.checks.api.evaluation import scopes_of, write
from activation.checks.api.shapes import (
    ActionMatchesSerializer,
    ActionSearchSerializer,
    MatchesSerializer,
    ResourceSearchSerializer,
    SubjectSearchSerializer,
)
from activation.checks.types import Scope


class SubjectSearchView(AuthzenView):
    """Who may be used for this purpose at this destination?"""

    required_scope = Scope.SEARCH

    @extend_schema(
        operation_id="search_subjects", request=SubjectSearchSerializer, responses={200: MatchesSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Return a page of people. A page looks at 2,000 of them at most: it may hold nothing, and go on.

        They are named by their identifiers of the kind asked for, if the key has the scope `identifiers`;
        else by their subject references.
        """
        page = queries.search_subjects(
            asked=wire.read_subject_search(read_body(request)),
            with_identifiers=Scope.IDENTIFIERS in scopes_of(request),
            at=timezone.now(),
        )
        return write(wire.answer_search(page))


class ResourceSearchView(AuthzenView):
    """Where may this person's data go for this purpose?"""

    required_scope = Scope.SEARCH

    @extend_schema(
        operation_id="search_resources", request=ResourceSearchSerializer, responses={200: MatchesSerializer}
    )
    def post(self, request: Request) -> HttpResponse:
        """Return a page of registered destinations of the type asked for."""
        asked = wire.read_resource_search(read_body(request))
        return write(wire.answer_search(queries.search_resources(asked=asked, at=timezone.now())))


class ActionSearchView(AuthzenView):
    """For what may this person's data be used at this destination?"""

    required_scope = Scope.SEARCH

    @extend_schema(
        operation_id="search_actions",
        request=ActionSearchSerializer,
        responses={200: ActionMatchesSerializer},
    )
    def post(self, request: Request) -> HttpResponse:
        """Return a page of purposes of the policy in force."""
        asked = wire.read_action_search(read_body(request))
        return write(wire.answer_search(queries.search_actions(asked=asked, at=timezone.now())))
