"""The shape of a run in the API."""

from rest_framework import serializers

from activation.enforcement.types import RunStatus


class RunSerializer(serializers.Serializer[object]):
    """A run: what was asked, where it stands, and what was decided so far."""

    run_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=[status.value for status in RunStatus])
    purpose = serializers.CharField()
    destination = serializers.CharField()
    controller = serializers.CharField()
    decided_at = serializers.DateTimeField(help_text="The moment that every row was decided for.")
    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    rows_in = serializers.IntegerField()
    allowed = serializers.IntegerField()
    denied = serializers.IntegerField()
    denied_by_reason = serializers.DictField(child=serializers.IntegerField())
    policy_version = serializers.IntegerField(help_text="0 if none is known.")
    policy_digest = serializers.CharField()
    watermark = serializers.IntegerField(help_text="Size of the ledger that the decisions rest on.")
    states_watermark = serializers.IntegerField(
        help_text="Size of the ledger that the file of people rested on; what came later was read besides."
    )
    manifest_digest = serializers.CharField(
        help_text="Of the signed manifest's file; empty before it is written."
    )
    error = serializers.CharField(help_text="Why a failed run failed.")
