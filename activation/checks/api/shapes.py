"""The shapes of requests and answers, for the API's description.

`activation.checks.wire` reads the requests and writes the answers. The standard has receivers ignore
fields they do not know, so the AuthZEN addresses do.
"""

from typing import Any

from rest_framework import serializers

from activation.checks.wire.parts import SUBJECT_TYPES
from activation.checks.wire.types import Semantic

Data = dict[str, Any]
_TYPES = f"One of {', '.join(SUBJECT_TYPES)}; `user` is another word for `user_id`."


class SubjectSerializer(serializers.Serializer[Data]):
    """The person asked about: the kind of an identifier, and its value."""

    type = serializers.CharField(max_length=64, help_text=_TYPES)
    id = serializers.CharField(max_length=320)
    properties = serializers.DictField(required=False)


class ActionSerializer(serializers.Serializer[Data]):
    """The purpose."""

    name = serializers.CharField(max_length=200)
    properties = serializers.DictField(required=False)


class ResourceSerializer(serializers.Serializer[Data]):
    """The recipient."""

    type = serializers.CharField(
        max_length=64, help_text="`destination`, or the type that the destination is registered with."
    )
    id = serializers.CharField(max_length=200, help_text="The destination's slug.")
    properties = serializers.DictField(required=False)


class ContextSerializer(serializers.Serializer[Data]):
    """How to decide, and how to answer."""

    controller = serializers.CharField(required=False, allow_null=True, max_length=64)
    data_categories = serializers.ListField(
        child=serializers.CharField(max_length=200), required=False, allow_null=True, max_length=100
    )
    jurisdiction = serializers.RegexField(r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$", required=False, allow_null=True)
    as_of = serializers.DateTimeField(
        required=False, allow_null=True, help_text="What was in force then. The answer is `historic`."
    )
    known_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="By what was known then. The answer is `historic`."
    )
    max_staleness_s = serializers.FloatField(required=False, allow_null=True, min_value=0, max_value=86400)
    at_least = serializers.CharField(
        required=False, allow_null=True, max_length=1000, help_text="The token that a write answered with."
    )
    explain = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Keep the decision, so that it can be replayed. Needs the scope `explain`.",
    )
    shadow = serializers.BooleanField(
        required=False,
        allow_null=True,
        help_text="Allow in any case, and say what would have been answered. Needs the scope `shadow`.",
    )


class EvaluationSerializer(serializers.Serializer[Data]):
    """May this person's data be used for this purpose at this destination?"""

    subject = SubjectSerializer()
    action = ActionSerializer()
    resource = ResourceSerializer()
    context = ContextSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # the standard's word


class ItemSerializer(serializers.Serializer[Data]):
    """One evaluation: what it leaves out is as the request has it at the top."""

    subject = SubjectSerializer(required=False)
    action = ActionSerializer(required=False)
    resource = ResourceSerializer(required=False)
    context = ContextSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # the standard's word


class OptionsSerializer(serializers.Serializer[Data]):
    """How the evaluations are carried out."""

    evaluations_semantic = serializers.ChoiceField(
        required=False, choices=[semantic.value for semantic in Semantic]
    )


class EvaluationsSerializer(ItemSerializer):
    """Several questions, at most 1,000. Without `evaluations`, one."""

    evaluations = ItemSerializer(many=True, required=False)
    options = OptionsSerializer(required=False)


class ObligationSerializer(serializers.Serializer[Data]):
    """What to do to the data before using it. A caller that cannot must take the answer as a deny."""

    kind = serializers.CharField()
    field = serializers.CharField()
    value = serializers.CharField()


class ErrorSerializer(serializers.Serializer[Data]):
    """Why one item was denied without a look at anybody."""

    code = serializers.CharField()
    message = serializers.CharField()


class WouldSerializer(serializers.Serializer[Data]):
    """What an advisory answer would have said."""

    effect = serializers.ChoiceField(choices=["allow", "deny"])
    reason = serializers.CharField()


class ExplainedSerializer(serializers.Serializer[Data]):
    """What is told of one decision. Without the scope `explain`, a deny's reason is `not_permitted`."""

    reason = serializers.CharField(required=False)
    valid_until = serializers.DateTimeField(required=False, allow_null=True)
    obligations = ObligationSerializer(many=True, required=False)
    legal_basis = serializers.CharField(required=False, allow_null=True)
    jurisdiction = serializers.CharField(required=False, allow_null=True)
    rule_id = serializers.CharField(required=False, allow_null=True)
    notice = serializers.CharField(required=False, allow_null=True)
    notice_version = serializers.IntegerField(required=False, allow_null=True)
    required_purpose = serializers.CharField(required=False, allow_null=True)
    record_id = serializers.CharField(required=False, allow_null=True)
    decision_id = serializers.CharField(required=False, help_text="Replay it under `/api/v1/decisions/`.")
    error = ErrorSerializer(required=False)
    advisory = serializers.BooleanField(required=False)
    would = WouldSerializer(required=False)


class BasisSerializer(serializers.Serializer[Data]):
    """What an answer rests on."""

    policy_version = serializers.IntegerField(required=False)
    policy_digest = serializers.CharField(required=False)
    watermark = serializers.IntegerField(
        required=False, help_text="Size of the ledger that the answer rests on."
    )
    historic = serializers.BooleanField(required=False)
    test = serializers.BooleanField(required=False, help_text="It rests on example data.")


class AnswerContextSerializer(ExplainedSerializer, BasisSerializer):
    """What is told of one decision, and what it rests on."""


class AnswerSerializer(serializers.Serializer[Data]):
    """The decision."""

    decision = serializers.BooleanField()
    context = AnswerContextSerializer()  # type: ignore[assignment]  # the standard's word


class AnswersSerializer(serializers.Serializer[Data]):
    """The decisions, in the order asked; without `evaluations` in the request, one `decision` instead."""

    evaluations = AnswerSerializer(many=True, required=False)
    decision = serializers.BooleanField(required=False)
    context = AnswerContextSerializer(required=False)  # type: ignore[assignment]  # the standard's word


class SoughtSerializer(serializers.Serializer[Data]):
    """The type of what is searched for."""

    type = serializers.CharField(max_length=64)
    properties = serializers.DictField(required=False)


class PageSerializer(serializers.Serializer[Data]):
    """Which part of the results."""

    token = serializers.CharField(
        required=False, max_length=2000, help_text="`next_token` of the page before."
    )
    limit = serializers.IntegerField(required=False, min_value=0, help_text="At most 1,000 are given.")


class SubjectSearchSerializer(serializers.Serializer[Data]):
    """Who may be used for this purpose at this destination?"""

    subject = SoughtSerializer()
    action = ActionSerializer()
    resource = ResourceSerializer()
    context = ContextSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # the standard's word
    page = PageSerializer(required=False)


class ResourceSearchSerializer(serializers.Serializer[Data]):
    """Where may this person's data go for this purpose?"""

    subject = SubjectSerializer()
    action = ActionSerializer()
    resource = SoughtSerializer()
    context = ContextSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # the standard's word
    page = PageSerializer(required=False)


class ActionSearchSerializer(serializers.Serializer[Data]):
    """For what may this person's data be used at this destination?"""

    subject = SubjectSerializer()
    resource = ResourceSerializer()
    context = ContextSerializer(required=False, allow_null=True)  # type: ignore[assignment]  # the standard's word
    page = PageSerializer(required=False)


class NextPageSerializer(serializers.Serializer[Data]):
    """How the search goes on."""

    next_token = serializers.CharField(allow_blank=True, help_text="Empty on the last page.")
    count = serializers.IntegerField()


class MatchSerializer(serializers.Serializer[Data]):
    """One subject or resource."""

    type = serializers.CharField()
    id = serializers.CharField()


class MatchesSerializer(serializers.Serializer[Data]):
    """A page of subjects or resources."""

    page = NextPageSerializer()
    context = BasisSerializer()  # type: ignore[assignment]  # the standard's word
    results = MatchSerializer(many=True)


class ActionMatchSerializer(serializers.Serializer[Data]):
    """One purpose."""

    name = serializers.CharField()


class ActionMatchesSerializer(MatchesSerializer):
    """A page of purposes."""

    results = ActionMatchSerializer(many=True)  # type: ignore[assignment]  # as the standard has it


class CheckedSubjectSerializer(serializers.Serializer[Data]):
    """One person: the kind of an identifier, and its value."""

    type = serializers.CharField(max_length=64, help_text=_TYPES)
    id = serializers.CharField(max_length=320)


class ChecksSerializer(ContextSerializer):
    """One question about up to 10,000 people; explained, up to 1,000."""

    purpose = serializers.CharField(max_length=200)
    destination = serializers.CharField(max_length=200)
    properties = serializers.DictField(
        required=False, help_text="Request properties by dotted name: `subject.…`, `action.…`, `resource.…`."
    )
    subjects = CheckedSubjectSerializer(many=True)


class CheckResultSerializer(ExplainedSerializer):
    """The answer for one subject."""

    effect = serializers.ChoiceField(choices=["allow", "deny"])


class ChecksAnswerSerializer(BasisSerializer):
    """One result for each subject, in the order sent."""

    results = CheckResultSerializer(many=True)
    summary = serializers.DictField(child=serializers.IntegerField())
    advisory = serializers.BooleanField(required=False)


class MetadataSerializer(serializers.Serializer[Data]):
    """Where the addresses are."""

    policy_decision_point = serializers.URLField()
    access_evaluation_endpoint = serializers.URLField()
    access_evaluations_endpoint = serializers.URLField()
    search_subject_endpoint = serializers.URLField()
    search_resource_endpoint = serializers.URLField()
    search_action_endpoint = serializers.URLField()


class PolicySerializer(serializers.Serializer[object]):
    """One published policy."""

    key = serializers.CharField()
    version = serializers.IntegerField()
    digest = serializers.CharField(help_text="`sha256:` and the SHA-256 of `canonical`, in hex.")
    in_force_from = serializers.DateTimeField()
    in_force_until = serializers.DateTimeField(
        allow_null=True, help_text="When a version already published takes over."
    )
    canonical = serializers.CharField(help_text="The frozen text: RFC 8785 canonical JSON.")
