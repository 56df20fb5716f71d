"""The shapes of runs in the API, in and out."""

from typing import Any

from rest_framework import serializers

from activation.enforcement.audience.types import AudienceFormat
from activation.enforcement.parents import LONGEST_PARENT
from activation.enforcement.standing.listing import STATUSES
from activation.enforcement.standing.types import OrderSource, WorkStatus

MOST_RUNS = 200
_AUDIENCE = r"^[a-z][a-z0-9_-]{0,63}$"
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


class RunRequestSerializer(StrictSerializer):
    """A run that is asked for: of a standing audience, or of one file."""

    audience = serializers.RegexField(
        _AUDIENCE,
        required=False,
        help_text="A standing audience's slug. Name nothing beside it, but a parent run.",
    )
    purpose = serializers.CharField(required=False, max_length=200)
    destination = serializers.CharField(required=False, max_length=64)
    controller = serializers.CharField(
        required=False, max_length=64, help_text="May be left out if the policy has one only."
    )
    input = serializers.CharField(
        required=False, max_length=500, help_text="The file's path below the folder of audiences."
    )
    identifiers = serializers.DictField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="Kind of identifier -> column. Left out: by the columns' names.",
    )
    format = serializers.ChoiceField(choices=[one.value for one in AudienceFormat], required=False)
    parent_run = serializers.CharField(
        required=False,
        max_length=LONGEST_PARENT,
        help_text="The run that this one is a part of, for lineage: `namespace/name/run_id`, as in"
        " `OPENLINEAGE_PARENT_ID`.",
    )

    def validate(self, attrs: Data) -> Data:
        """Return what was asked.

        :raises ValidationError: if there is a field too many, or one is missing.
        """
        attrs = super().validate(attrs)
        if "audience" in attrs:
            if others := attrs.keys() - {"audience", "parent_run"}:
                raise serializers.ValidationError(
                    dict.fromkeys(others, "The audience says this."), code="unknown_field"
                )
        elif missing := {"purpose", "destination", "input"} - attrs.keys():
            raise serializers.ValidationError(
                dict.fromkeys(missing, "Name it, or an audience."), code="required"
            )
        return attrs


class RunsQuery(StrictSerializer):
    """Which runs to list."""

    status = serializers.ChoiceField(choices=STATUSES, required=False)
    purpose = serializers.CharField(required=False, max_length=200)
    destination = serializers.CharField(required=False, max_length=64)
    audience = serializers.RegexField(_AUDIENCE, required=False, help_text="A standing audience's slug.")
    started_after = serializers.DateTimeField(
        required=False, help_text="An order that waits counts from when it was asked for."
    )
    started_before = serializers.DateTimeField(required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_RUNS, default=50)
    page = serializers.CharField(
        required=False, max_length=500, help_text="`next_page` of the page before, with the same filters."
    )


class AudiencesQuery(StrictSerializer):
    """Which standing audiences to list."""

    after = serializers.RegexField(
        _AUDIENCE, required=False, default="", help_text="The slug that the page before ended with."
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST_RUNS, default=100)


class OrderSerializer(serializers.Serializer[Any]):
    """An order for a run: what was asked, and how far it is."""

    order_id = serializers.UUIDField(help_text="`/api/v1/runs/{id}` knows it, too.")
    status = serializers.ChoiceField(choices=[status.value for status in WorkStatus])
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field may be named so all the same
        choices=[source.value for source in OrderSource], help_text="What asked for it."
    )
    audience = serializers.CharField(help_text="Empty: asked for without a standing audience.")
    purpose = serializers.CharField()
    destination = serializers.CharField()
    controller = serializers.CharField()
    asked_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    stop_asked_at = serializers.DateTimeField(
        allow_null=True, help_text="When somebody asked for it to stop."
    )
    rows_done = serializers.IntegerField()
    rows_total = serializers.IntegerField(
        allow_null=True, help_text="Null if only reading the file would tell."
    )
    attempt = serializers.IntegerField(help_text="More than 1: a worker died, and another took it up.")
    run_id = serializers.UUIDField(allow_null=True, help_text="The run that it became, once there is one.")
    error = serializers.CharField(help_text="Why it failed.")


class RunSerializer(serializers.Serializer[Any]):
    """A run: what was asked, where it stands, and what was decided so far."""

    run_id = serializers.UUIDField(allow_null=True, help_text="Null for an order that has no run yet.")
    status = serializers.ChoiceField(choices=STATUSES)
    purpose = serializers.CharField()
    destination = serializers.CharField()
    controller = serializers.CharField()
    decided_at = serializers.DateTimeField(
        allow_null=True, help_text="The moment that every row was decided for."
    )
    started_at = serializers.DateTimeField(allow_null=True)
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
    canaries = serializers.IntegerField(help_text="Rows of invented people, all denied; in no count.")
    delivery = serializers.CharField(
        help_text="`none` (files only, or not begun), `sending` (rows may be there) or `acknowledged`."
    )
    delivery_reference = serializers.CharField(help_text="The destination's own name for the delivery.")
    pulled_back = serializers.IntegerField(help_text="Rows taken out again: people changed meanwhile.")
    error = serializers.CharField(help_text="Why a failed run failed.")
    order = OrderSerializer(allow_null=True, help_text="Null for a run from the command line.")


class RunPageSerializer(serializers.Serializer[Any]):
    """Some runs, the latest first, and where to go on."""

    runs = RunSerializer(many=True)
    next_page = serializers.CharField(help_text="Send it as `page` to read on; empty on the last page.")


class AudienceSerializer(serializers.Serializer[Any]):
    """A standing audience with where it stands."""

    slug = serializers.CharField()
    title = serializers.CharField()
    purpose = serializers.CharField()
    destination = serializers.CharField()
    controller = serializers.CharField()
    schedule = serializers.CharField(help_text="Empty: it is run by hand.")
    rerun = serializers.CharField(help_text="`always`, `when_wrong` or `never`.")
    is_active = serializers.BooleanField()
    next_run_at = serializers.DateTimeField(allow_null=True)
    last_run_id = serializers.UUIDField(allow_null=True)
    last_run_at = serializers.DateTimeField(allow_null=True)
    wrong = serializers.IntegerField(
        allow_null=True, help_text="Identifiers that were sent and would be denied, when last measured."
    )
    measured_at = serializers.DateTimeField(allow_null=True)


class AudiencePageSerializer(serializers.Serializer[Any]):
    """Some standing audiences, by slug."""

    audiences = AudienceSerializer(many=True)


class OutlookSerializer(serializers.Serializer[Any]):
    """What would become of the list at one moment, beside what the last run sent."""

    outlook = serializers.CharField(
        help_text=(
            "`now`, `approved` (if a policy that is approved and not published were in force), `policy` (a"
            " published one takes effect) or `later` (some days ahead)."
        )
    )
    at = serializers.DateTimeField()
    policy_version = serializers.IntegerField(help_text="0 if none will be in force.")
    policy_digest = serializers.CharField()
    rows_allowed = serializers.IntegerField()
    rows_denied = serializers.IntegerField()
    wrong = serializers.IntegerField(help_text="Identifiers that were sent and would be denied.")
    wrong_by_reason = serializers.DictField(child=serializers.IntegerField())
    regained = serializers.IntegerField(help_text="Identifiers that were denied and would be sent.")
    new = serializers.IntegerField(help_text="Identifiers that the run did not know and that would be sent.")


class DriftSerializer(serializers.Serializer[Any]):
    """How far what was sent is from what may be sent. Counts are of identifiers; nobody is named."""

    audience = serializers.CharField()
    run_id = serializers.UUIDField(help_text="The run that the list was held against.")
    measured_at = serializers.DateTimeField()
    watermark = serializers.IntegerField()
    sent = serializers.IntegerField()
    left_the_list = serializers.IntegerField(
        help_text="Sent, and no more in the list: what they may be sent is not known from it."
    )
    outlooks = OutlookSerializer(many=True)
    rerun_order_id = serializers.UUIDField(allow_null=True, help_text="The run that this asked for.")
    is_measuring = serializers.BooleanField(help_text="Whether a newer measuring is under way.")
