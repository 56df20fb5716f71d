"""The shapes of events and answers, for the OpenAPI document. The standard's own schema is checked."""

from typing import Any

from rest_framework import serializers

Data = dict[str, Any]


class LineageEventSerializer(serializers.Serializer[Data]):
    """An OpenLineage event of core version 1 or 2: of a run, of a job, or of a dataset."""

    eventTime = serializers.DateTimeField(help_text="At most a day ahead.")  # noqa: N815 - the standard's names
    eventType = serializers.ChoiceField(  # noqa: N815
        choices=["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"], required=False
    )
    producer = serializers.URLField(help_text="Not this service's own.")
    schemaURL = serializers.URLField(  # noqa: N815
        help_text="`https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent`, or of another kind."
    )
    run = serializers.DictField(required=False, help_text="`runId`, a UUID, and `facets`.")
    job = serializers.DictField(
        required=False, help_text="`namespace`, other than `accordant`, `name`, and `facets`."
    )
    inputs = serializers.ListField(child=serializers.DictField(), required=False)
    outputs = serializers.ListField(child=serializers.DictField(), required=False)
    dataset = serializers.DictField(required=False, help_text="Of an event of a dataset alone.")


class LineageFaultSerializer(serializers.Serializer[Data]):
    """One thing that is wrong with an event."""

    path = serializers.CharField(help_text="JSON Pointer into the event.")
    code = serializers.CharField()
    message = serializers.CharField()


class LineageResultSerializer(serializers.Serializer[Data]):
    """What became of one event of a batch."""

    status = serializers.IntegerField(help_text="201: taken in; 400 or 403: not, as if it had come alone.")
    code = serializers.CharField(required=False)
    errors = LineageFaultSerializer(many=True, required=False)  # type: ignore[assignment]  # the name is RFC 9457's


class LineageBatchSerializer(serializers.Serializer[Data]):
    """What became of each event, in the order sent."""

    taken = serializers.IntegerField(help_text="How many were taken in.")
    results = LineageResultSerializer(many=True)
