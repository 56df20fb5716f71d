"""The shapes of requests in the API, in and out. Nothing that is told names a person."""

from typing import Any

from rest_framework import serializers

from consent.requests.api.strict import StrictSerializer
from consent.requests.rules.new_requests import (
    LANGUAGES,
    MAX_CORRECTION,
    MAX_CORRECTIONS,
    MAX_DETAILS,
    MAX_PURPOSES,
)
from consent.requests.types import RequestState, RequestType
from consent.subjects.types import IdentifierKind

MOST_REQUESTS = 200
_STATES = [state.value for state in RequestState]
_TYPES = [one.value for one in RequestType]
_SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}\Z"
ACTIONS = ("ask", "check", "vouch")


class ClaimedIdentifierSerializer(StrictSerializer):
    """One identifier that the person is found by."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in IdentifierKind])
    value = serializers.CharField(max_length=254)
    verified = serializers.BooleanField(
        required=False,
        default=False,
        help_text="The person proved to you that it is theirs. Takes the scope `requests:vouch`.",
    )


class NewRequestSerializer(StrictSerializer):
    """A request that a person makes with you. As little as finds the person and says what they ask."""

    type = serializers.ChoiceField(choices=_TYPES)
    controller = serializers.RegexField(_SLUG, help_text="The brand that is asked.")
    identifiers = ClaimedIdentifierSerializer(many=True, allow_empty=False)
    jurisdiction = serializers.RegexField(
        r"^[A-Z]{2,3}(-[A-Z0-9]{1,3})?\Z",
        required=False,
        allow_null=True,
        help_text="Where the person says they live: `DE`, `US-CA`. Left out: an officer may have to decide.",
    )
    language = serializers.ChoiceField(choices=LANGUAGES, required=False, default="en")
    details = serializers.CharField(
        max_length=MAX_DETAILS, required=False, allow_blank=True, default="", help_text="In their own words."
    )
    corrections = serializers.DictField(
        child=serializers.CharField(max_length=MAX_CORRECTION, allow_blank=True),
        required=False,
        default=dict,
        help_text=f"Of a rectification: what should be what; at most {MAX_CORRECTIONS}.",
    )
    purposes = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        default=list,
        max_length=MAX_PURPOSES,
        help_text="Of an objection or a withdrawal: which purposes; none named: all.",
    )
    reply_to = serializers.CharField(
        max_length=254, required=False, allow_null=True, help_text="An e-mail address to answer to."
    )
    agent = serializers.RegexField(
        _SLUG, required=False, allow_null=True, help_text="The authorised agent who asks for the person."
    )
    vouched = serializers.BooleanField(
        required=False,
        default=False,
        help_text="The person is logged in with you. Takes the scope `requests:vouch`.",
    )
    appeal_of = serializers.CharField(
        max_length=16, required=False, allow_null=True, help_text="Of an appeal: the earlier reference."
    )


class VerificationSerializer(StrictSerializer):
    """`ask`: send a code to the contact that was named; `check`: try one; `vouch`: they are logged in."""

    action = serializers.ChoiceField(choices=ACTIONS)
    code = serializers.CharField(
        max_length=40, required=False, help_text="Of `check`: as the person typed it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what was asked.

        :raises ValidationError: if the code is missing, or there is one without need.
        """
        if ("code" in attrs) is not (attrs["action"] == "check"):
            raise serializers.ValidationError({"code": "`check` has a code, and nothing else has."})
        return attrs


class RequestsQuery(StrictSerializer):
    """Which requests to list."""

    state = serializers.ChoiceField(choices=_STATES, required=False)
    type = serializers.ChoiceField(choices=_TYPES, required=False)
    controller = serializers.RegexField(_SLUG, required=False)
    received_after = serializers.DateTimeField(required=False)
    received_before = serializers.DateTimeField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_REQUESTS, default=50)
    page = serializers.CharField(
        required=False, max_length=200, help_text="`next_page` of the page before, with the same filters."
    )


class DateSerializer(serializers.Serializer[Any]):
    """One date, and why it is that one."""

    on = serializers.DateField(allow_null=True, help_text="Null: without delay, and no number is set.")
    explanation = serializers.CharField()
    source = serializers.CharField(help_text="The article or section.")  # type: ignore[assignment]


class RequestSerializer(serializers.Serializer[Any]):
    """Where a request stands."""

    id = serializers.UUIDField()
    reference = serializers.CharField(help_text="What the person and officers call it.")
    type = serializers.ChoiceField(choices=_TYPES)
    state = serializers.ChoiceField(choices=_STATES)
    controller = serializers.CharField()
    jurisdiction = serializers.CharField(help_text="Whose law speaks; empty: an officer has to decide.")
    received_at = serializers.DateTimeField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    due_on = serializers.DateField(allow_null=True, help_text="Null: without delay.")
    extended_due_on = serializers.DateField(allow_null=True)
    is_paused = serializers.BooleanField(help_text="Its clock stands still.")
    is_extended = serializers.BooleanField()
    is_verified = serializers.BooleanField()
    joined = serializers.BooleanField(help_text="It goes on as a request that its person made before.")
    closed_at = serializers.DateTimeField(allow_null=True)
    ground = serializers.CharField(help_text="Why it was refused; empty: it was not.")


class ExplainedRequestSerializer(RequestSerializer):
    """Where a request stands, and how its dates are counted."""

    acknowledge_by = DateSerializer(allow_null=True)
    due = DateSerializer()
    extended_due = DateSerializer(allow_null=True)
    zone = serializers.CharField(help_text="The time zone that its days are counted in.")
    check_before_use = serializers.BooleanField(
        help_text="The law's row is from memory: somebody should read it."
    )


class RequestPageSerializer(serializers.Serializer[Any]):
    """Some requests, the latest first, and where to go on."""

    requests = RequestSerializer(many=True)
    next_page = serializers.CharField(help_text="Send it as `page` to read on; empty on the last page.")


class VerificationAnswerSerializer(serializers.Serializer[Any]):
    """What became of it: the same whether anybody is known by the contact or not."""

    verified = serializers.BooleanField(help_text="Whether the request goes on by this.")
    sent = serializers.BooleanField(
        help_text="Of `ask`: false if it is too soon, or an officer has to look at the request first."
    )
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Until when the code is good.")
    state = serializers.ChoiceField(choices=_STATES)
