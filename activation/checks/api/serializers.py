"""The shapes of the AuthZEN Authorization API 1.0, with our fields in `context`.

The standard has receivers ignore fields they do not know, so these do.
"""

from typing import Any

from rest_framework import serializers

from consent.subjects.types import IdentifierKind

Data = dict[str, Any]


class SubjectSerializer(serializers.Serializer[Data]):
    """The person asked about: the kind of an identifier, and its value."""

    type = serializers.ChoiceField(choices=[kind.value for kind in IdentifierKind])
    id = serializers.CharField(max_length=320)
    properties = serializers.DictField(required=False)


class ActionSerializer(serializers.Serializer[Data]):
    """The purpose."""

    name = serializers.CharField(max_length=200)
    properties = serializers.DictField(required=False)


class ResourceSerializer(serializers.Serializer[Data]):
    """The recipient."""

    type = serializers.ChoiceField(choices=["destination"])
    id = serializers.CharField(max_length=200)
    properties = serializers.DictField(required=False)


class ContextSerializer(serializers.Serializer[Data]):
    """How to decide."""

    controller = serializers.CharField(required=False, max_length=64)
    data_categories = serializers.ListField(child=serializers.CharField(), required=False)
    jurisdiction = serializers.RegexField(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", required=False)
    as_of = serializers.DateTimeField(required=False)
    known_at = serializers.DateTimeField(required=False)
    max_staleness_s = serializers.FloatField(required=False, min_value=0, max_value=86400)
    at_least = serializers.CharField(required=False, help_text="The token that a write answered with.")


class EvaluationSerializer(serializers.Serializer[Data]):
    """May this person's data be used for this purpose at this destination?"""

    subject = SubjectSerializer()
    action = ActionSerializer()
    resource = ResourceSerializer()
    context = ContextSerializer(required=False)  # type: ignore[assignment]  # the standard's word


class ObligationSerializer(serializers.Serializer[Data]):
    """What to do to the data before using it. A caller that cannot must take the answer as a deny."""

    kind = serializers.CharField()
    field = serializers.CharField()
    value = serializers.CharField()


class AnswerContextSerializer(serializers.Serializer[Data]):
    """What the answer rests on. Without the scope `explain`, a deny's reason is `not_permitted`."""

    reason = serializers.CharField()
    policy_version = serializers.IntegerField()
    policy_digest = serializers.CharField()
    watermark = serializers.IntegerField(help_text="Size of the ledger that the answer rests on.")
    historic = serializers.BooleanField()
    valid_until = serializers.DateTimeField(allow_null=True)
    obligations = ObligationSerializer(many=True)
    test = serializers.BooleanField(
        required=False, help_text="True in every answer to a test key: it rests on the example data."
    )
    legal_basis = serializers.CharField(required=False, allow_null=True)
    jurisdiction = serializers.CharField(required=False, allow_null=True)
    rule_id = serializers.CharField(required=False, allow_null=True)
    record_id = serializers.CharField(required=False, allow_null=True)
    notice = serializers.CharField(required=False, allow_null=True)
    notice_version = serializers.IntegerField(required=False, allow_null=True)
    required_purpose = serializers.CharField(required=False, allow_null=True)


class AnswerSerializer(serializers.Serializer[Data]):
    """The decision."""

    decision = serializers.BooleanField()
    context = AnswerContextSerializer()  # type: ignore[assignment]  # the standard's word
