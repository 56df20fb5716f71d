"""The shapes of subscriptions in the API, in and out."""

from typing import Any

from rest_framework import serializers

from activation.changes.kinds import KINDS
from activation.changes.types import SLUG, SubscriptionState

MOST_SUBSCRIPTIONS = 200
_SLUG = rf"^{SLUG}\Z"
_KINDS = list(KINDS)
_STATES = [state.value for state in SubscriptionState]
_SETTABLE = [SubscriptionState.ACTIVE.value, SubscriptionState.PAUSED.value]
_LARGEST = 2**63 - 1
Data = dict[str, Any]


class StrictSerializer(serializers.Serializer[Any]):
    """Takes the fields it names, and no others."""

    def validate(self, attrs: Data) -> Data:
        """Return what was asked.

        :raises ValidationError: if there is a field that does not exist.
        """
        if unknown := self.initial_data.keys() - self.fields.keys():
            raise serializers.ValidationError(
                dict.fromkeys(unknown, "There is no such field."), code="unknown_field"
            )
        return attrs


class SubscriptionsQuery(StrictSerializer):
    """Which subscriptions to list."""

    state = serializers.ChoiceField(choices=_STATES, required=False)
    kind = serializers.ChoiceField(choices=_KINDS, required=False)
    after = serializers.RegexField(
        _SLUG, required=False, default="", help_text="The slug that the page before ended with."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_SUBSCRIPTIONS, default=100)


def _purposes(*, required: bool) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=required,
        max_length=200,
        help_text="Changes for these purposes, for those below and above them, and for all of them; none"
        " named: every change.",
    )


class NewSubscriptionSerializer(StrictSerializer):
    """A subscription that is asked for."""

    slug = serializers.RegexField(_SLUG, help_text="Ids of messages begin with it; it is never given anew.")
    title = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=_KINDS)
    settings = serializers.DictField(help_text="What the kind asks for: see the reference of messages.")
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=20_000, trim_whitespace=False),
        required=False,
        help_text="Credentials by name. A webhook without `signing_secret` gets one, shown in the answer.",
    )
    purposes = _purposes(required=False)
    position = serializers.IntegerField(
        min_value=0,
        max_value=_LARGEST,
        required=False,
        help_text="Entry of the ledger to begin at. Left out: a webhook begins at the end, a topic at 0.",
    )


class SubscriptionChangeSerializer(StrictSerializer):
    """What is to be changed. What is left out stays."""

    title = serializers.CharField(max_length=200, required=False)
    purposes = _purposes(required=False)
    state = serializers.ChoiceField(choices=_SETTABLE, required=False)
    reason = serializers.CharField(max_length=500, required=False, help_text="Of a pause; needed for one.")
    signing_secret = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        help_text="A new one; empty: it is made here, and shown in the answer only.",
    )
    overlap_hours = serializers.IntegerField(
        min_value=0,
        max_value=30 * 24,
        default=24,
        help_text="How long messages are signed with the old secret, too.",
    )

    def validate(self, attrs: Data) -> Data:
        """Return what was asked.

        :raises ValidationError: if a pause has no reason.
        """
        attrs = super().validate(attrs)
        if attrs.get("state") == SubscriptionState.PAUSED and not attrs.get("reason"):
            raise serializers.ValidationError({"reason": "Say why it is paused."}, code="required")
        return attrs


class ReplayRequestSerializer(StrictSerializer):
    """What is to go out once more."""

    from_index = serializers.IntegerField(min_value=0, max_value=_LARGEST)
    to_index = serializers.IntegerField(
        min_value=1,
        max_value=_LARGEST,
        required=False,
        help_text="Not in it. Left out: up to the subscription's position.",
    )


class SubscriptionSerializer(serializers.Serializer[Any]):
    """A subscription with where it stands."""

    slug = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=_KINDS)
    settings = serializers.DictField()
    purposes = serializers.ListField(child=serializers.CharField())
    state = serializers.ChoiceField(choices=_STATES)
    reason = serializers.CharField(help_text="Why it is paused or disabled.")
    position = serializers.IntegerField(
        help_text="Everything in the ledger before it has gone out, or is parked."
    )
    feed_size = serializers.IntegerField()
    lag = serializers.IntegerField(help_text="Entries that are still to be looked at.")
    behind_since = serializers.DateTimeField(
        allow_null=True, help_text="When the first of those was recorded."
    )
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_error = serializers.CharField()
    next_attempt_at = serializers.DateTimeField(allow_null=True)
    failures = serializers.IntegerField(help_text="In a row.")
    parked = serializers.IntegerField(help_text="Messages that the receiver refuses, each for itself.")
    replays = serializers.IntegerField(help_text="Replays that are under way.")
    offsets = serializers.DictField(
        child=serializers.IntegerField(),
        help_text=(
            "Of a topic: by partition, the offset to which it must be read to know everything before"
            " `position`. Decide by the topic only after that."
        ),
    )
    advice = serializers.CharField(help_text="What to do now; empty if nothing.")


class ConnectedSubscriptionSerializer(SubscriptionSerializer):
    """A subscription, and the secret that was made for it."""

    signing_secret = serializers.CharField(help_text="Made here, and shown this once; empty if it was given.")


class SubscriptionPageSerializer(serializers.Serializer[Any]):
    """Some subscriptions, by slug."""

    subscriptions = SubscriptionSerializer(many=True)


class ReplaySerializer(serializers.Serializer[Any]):
    """A replay that was set down."""

    replay_id = serializers.IntegerField()
