"""Addresses under which destinations pull whom they must take out, and say that they have."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from activation.destinations.types import DestinationNotRegistered
from activation.enforcement.api.serializers import StrictSerializer
from activation.enforcement.suppression import clocks, queries, services
from activation.enforcement.suppression.types import SuppressionState
from activation.strict_json import StrictJsonParser

MOST_AT_ONCE = 1000
_SLUG = r"^[a-z][a-z0-9_-]{0,63}$"
_STATES = [state.value for state in SuppressionState]
_LARGEST_ID = 2**63 - 1


class SuppressionsQuery(StrictSerializer):
    """Which suppressions to list."""

    destination = serializers.RegexField(_SLUG)
    state = serializers.ChoiceField(choices=_STATES, required=False)
    after = serializers.IntegerField(
        min_value=0, max_value=_LARGEST_ID, default=0, help_text="The id that the page before ended with."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_AT_ONCE, default=100)


class SuppressionSerializer(serializers.Serializer[Any]):
    """One person whom the destination has to take out of one audience."""

    id = serializers.IntegerField()
    destination = serializers.CharField()
    audience = serializers.CharField()
    purpose = serializers.CharField()
    controller = serializers.CharField()
    subject_ref = serializers.CharField(help_text="Empty: a person who is not on record.")
    state = serializers.ChoiceField(choices=_STATES)
    cause = serializers.CharField()
    reason = serializers.CharField(help_text="Why the person may not be there: the decision's reason.")
    recorded_at = serializers.DateTimeField(help_text="When the no was recorded, or began to hold.")
    enforced_at = serializers.DateTimeField(help_text="Since when no run lets the person out.")
    ended_at = serializers.DateTimeField(allow_null=True)
    error = serializers.CharField(help_text="Why it is parked.")
    identifiers = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        allow_null=True,
        help_text="Kind -> values, as the destination was told. Null once done, or if they do not open.",
    )


class SuppressionPageSerializer(serializers.Serializer[Any]):
    """Some suppressions, by id."""

    suppressions = SuppressionSerializer(many=True)


class AcknowledgementsSerializer(StrictSerializer):
    """Which suppressions are done."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=_LARGEST_ID),
        min_length=1,
        max_length=MOST_AT_ONCE,
    )


class ObjectionSerializer(serializers.Serializer[Any]):
    """One suppression that was left as it is."""

    id = serializers.IntegerField()
    code = serializers.ChoiceField(choices=[one.value for one in services.Objection])


class AcknowledgedSerializer(serializers.Serializer[Any]):
    """What became of each."""

    acknowledged = serializers.ListField(
        child=serializers.IntegerField(), help_text="Done now, or done before."
    )
    errors = ObjectionSerializer(many=True)  # type: ignore[assignment]  # a field may be named so


class QuantilesSerializer(serializers.Serializer[Any]):
    """Seconds that half of them took at most, and all but one in a hundred; null if there were none."""

    p50 = serializers.FloatField(allow_null=True)
    p99 = serializers.FloatField(allow_null=True)


class SpanSerializer(serializers.Serializer[Any]):
    """The clocks of those that were done in a span of time up to now: of at most the last 100,000."""

    span = serializers.ChoiceField(choices=list(clocks.SPANS))
    ended = serializers.IntegerField()
    recorded_to_enforced = QuantilesSerializer()
    enforced_to_acknowledged = QuantilesSerializer()
    recorded_to_acknowledged = QuantilesSerializer()


class OldestSerializer(serializers.Serializer[Any]):
    """The one that was recorded first of those that are not done."""

    id = serializers.IntegerField()
    recorded_at = serializers.DateTimeField()
    waits_for = serializers.ChoiceField(choices=[one.value for one in clocks.WaitsFor])
    error = serializers.CharField(help_text="What the destination said last.")


class ClocksSerializer(serializers.Serializer[Any]):
    """How one destination stands."""

    destination = serializers.CharField()
    waiting = serializers.IntegerField()
    overdue = serializers.IntegerField(help_text="Waiting or parked for longer than they may.")
    parked = serializers.IntegerField(help_text="Somebody has to look at them.")
    oldest = OldestSerializer(allow_null=True)
    spans = SpanSerializer(many=True)


class SuppressionsView(APIView):
    """Who has to be taken out of a destination."""

    required_scope = "suppressions:read"

    @extend_schema(
        operation_id="list_suppressions", parameters=[SuppressionsQuery], responses=SuppressionPageSerializer
    )
    def get(self, request: Request) -> Response:
        """Return suppressions of a destination by id, with the identifiers that it was told.

        Acknowledge each when it is done. Ids may come into being out of order: to miss none, read what waits
        from the start until there is nothing.
        """
        asked = SuppressionsQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = dict(asked.validated_data)
        state = SuppressionState(given.pop("state")) if "state" in given else None
        found = queries.list_suppressions(state=state, **given)
        answer = Response(SuppressionPageSerializer({"suppressions": found}).data)
        answer["Cache-Control"] = "no-store"
        return answer


class AcknowledgementsView(APIView):
    """What was taken out."""

    required_scope = "suppressions:write"
    parser_classes = [StrictJsonParser]

    @extend_schema(
        operation_id="acknowledge_suppressions",
        request=AcknowledgementsSerializer,
        responses=AcknowledgedSerializer,
    )
    def post(self, request: Request) -> Response:
        """Record that these people were taken out. Again, it changes nothing; one error stops no other."""
        asked = AcknowledgementsSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        caller: Any = request.user  # what the authentication class returned: it has a name
        by = f"api:{caller.name}"[:150]
        outcome = services.acknowledge_pulled(ids=asked.validated_data["ids"], by=by)
        errors = [{"id": pk, "code": why} for pk, why in sorted(outcome.objections.items())]
        body = {"acknowledged": sorted(outcome.done), "errors": errors}
        return Response(AcknowledgedSerializer(body).data)


class ClocksView(APIView):
    """How fast a no is done at one destination."""

    required_scope = "runs:read"

    @extend_schema(operation_id="get_clocks", responses=ClocksSerializer)
    def get(self, _request: Request, slug: str) -> Response:
        """Return what waits at the destination, and how long it took in the last hour, day and week."""
        if not clocks.is_registered(slug):
            raise DestinationNotRegistered("no destination has this slug")
        return Response(ClocksSerializer(clocks.get_clocks(destination=slug)).data)
