"""Addresses under which subscriptions are made, read, changed and replayed."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_202_ACCEPTED
from rest_framework.views import APIView

from activation.changes import queries, services
from activation.changes.api.serializers import (
    ConnectedSubscriptionSerializer,
    NewSubscriptionSerializer,
    ReplayRequestSerializer,
    ReplaySerializer,
    SubscriptionChangeSerializer,
    SubscriptionPageSerializer,
    SubscriptionSerializer,
    SubscriptionsQuery,
)
from activation.changes.types import SubscriptionState, SubscriptionView
from activation.strict_json import StrictJsonParser

_LONGEST_NAME = 200
_NOT_STORED = {"Cache-Control": "no-store"}


class _View(APIView):
    parser_classes = [StrictJsonParser]

    @property
    def required_scope(self) -> str:
        """What a caller must hold: another scope to change subscriptions than to read them."""
        return "subscriptions:read" if self.request.method == "GET" else "subscriptions:write"


class SubscriptionsView(_View):
    """Subscriptions to consent changes."""

    @extend_schema(
        operation_id="list_subscriptions",
        parameters=[SubscriptionsQuery],
        responses=SubscriptionPageSerializer,
    )
    def get(self, request: Request) -> Response:
        """Return subscriptions by slug, each with its lag and its last error."""
        asked = SubscriptionsQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = [_lay_out(one) for one in queries.list_subscriptions(**asked.validated_data)]
        return Response(SubscriptionPageSerializer({"subscriptions": found}).data)

    @extend_schema(
        operation_id="connect_subscription",
        request=NewSubscriptionSerializer,
        responses={201: ConnectedSubscriptionSerializer},
    )
    def post(self, request: Request) -> Response:
        """Have consent changes go out to a webhook, or into a compacted topic. Data leaves by this."""
        asked = NewSubscriptionSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        made = services.connect_subscription(
            asked=services.NewSubscription(**asked.validated_data),
            changed_by=_name(request),
            at=timezone.now(),
        )
        slug = asked.validated_data["slug"]
        headers = {**_NOT_STORED, "Location": reverse("subscription", args=[slug])}
        return Response(_connected(slug, made), status=HTTP_201_CREATED, headers=headers)


class OneSubscriptionView(_View):
    """One subscription."""

    @extend_schema(operation_id="get_subscription", responses=SubscriptionSerializer)
    def get(self, _request: Request, slug: str) -> Response:
        """Return where the subscription stands; of a topic, also how far it must be read."""
        return Response(SubscriptionSerializer(_lay_out(queries.get_subscription(slug=slug))).data)

    @extend_schema(
        operation_id="change_subscription",
        request=SubscriptionChangeSerializer,
        responses=ConnectedSubscriptionSerializer,
    )
    def patch(self, request: Request, slug: str) -> Response:
        """Change its title or purposes, pause or resume it, or give it another secret: all, or nothing."""
        asked = SubscriptionChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        with transaction.atomic():
            made = _change(slug, asked.validated_data, changed_by=_name(request))
        services.wake(slug)
        return Response(_connected(slug, made), headers=_NOT_STORED)


class ReplayView(_View):
    """Replays of one subscription."""

    @extend_schema(
        operation_id="replay_changes", request=ReplayRequestSerializer, responses={202: ReplaySerializer}
    )
    def post(self, request: Request, slug: str) -> Response:
        """Have a part of the ledger go out once more, under the same ids; what is new goes on meanwhile."""
        asked = ReplayRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        replay_id = services.replay_changes(
            slug=slug,
            begin=asked.validated_data["from_index"],
            until=asked.validated_data.get("to_index"),
            asked_by=_name(request),
        )
        services.wake(slug)
        return Response(ReplaySerializer({"replay_id": replay_id}).data, status=HTTP_202_ACCEPTED)


def _change(slug: str, asked: dict[str, Any], *, changed_by: str) -> str:
    at = timezone.now()
    services.change_subscription(
        slug=slug,
        title=asked.get("title"),
        purposes=asked.get("purposes"),
        changed_by=changed_by,
        at=at,
    )
    if asked.get("state") == SubscriptionState.PAUSED:
        services.pause_subscription(slug=slug, reason=asked["reason"], changed_by=changed_by)
    elif asked.get("state") == SubscriptionState.ACTIVE:
        services.resume_subscription(slug=slug, changed_by=changed_by)
    if "signing_secret" not in asked:
        return ""
    return services.rotate_secret(
        slug=slug,
        secret=asked["signing_secret"],
        overlap=timedelta(hours=asked["overlap_hours"]),
        changed_by=changed_by,
        at=at,
    )


def _connected(slug: str, made: str) -> dict[str, Any]:
    found = _lay_out(queries.get_subscription(slug=slug))
    return dict(ConnectedSubscriptionSerializer({**found, "signing_secret": made}).data)


def _lay_out(view: SubscriptionView) -> dict[str, Any]:
    return {**asdict(view), "lag": view.lag, "advice": view.advice}


def _name(request: Request) -> str:
    caller: Any = request.user  # what the authentication class returned: it has a name
    return f"api:{caller.name}"[:_LONGEST_NAME]
