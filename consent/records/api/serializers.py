"""The shapes of requests and answers, for the API's description.

Rows are validated by `consent.records.rules`, the same for a request as for a line of a file.
"""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from consent.records.import_types import ImportReport, RowFault, SignalCounts
from consent.records.services import Format
from consent.records.types import OFFICER, Choice, SignalKind
from consent.subjects.types import FactName, IdentifierKind

FORMATS = [one.value for one in Format]


class IdentifierSerializer(serializers.Serializer[dict[str, object]]):
    """One identifier of a person."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in IdentifierKind])
    value = serializers.CharField()
    verified = serializers.BooleanField(
        required=False,
        help_text="The person proved that the e-mail address or telephone number reaches them.",
    )


class ChoiceSerializer(serializers.Serializer[dict[str, object]]):
    """What the person chose for one purpose, or for all of them: `*`."""

    purpose = serializers.CharField()
    choice = serializers.ChoiceField(choices=[choice.value for choice in Choice if choice not in OFFICER])
    controller = serializers.CharField(required=False, allow_null=True)
    destination = serializers.CharField(required=False, allow_null=True)
    effective_at = serializers.DateTimeField(required=False, allow_null=True)
    notice = serializers.CharField(required=False, allow_null=True)
    notice_version = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    method = serializers.CharField(required=False, allow_null=True)
    form = serializers.CharField(required=False, allow_null=True)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    explicit = serializers.BooleanField(required=False)
    by_guardian = serializers.BooleanField(required=False)
    after_conflict_notice = serializers.BooleanField(required=False)
    refers_to = serializers.CharField(required=False, allow_null=True)


class FactSerializer(serializers.Serializer[dict[str, object]]):
    """What is known about the person besides their choices."""

    name = serializers.ChoiceField(choices=[name.value for name in FactName])
    value = serializers.CharField()
    effective_at = serializers.DateTimeField(required=False, allow_null=True)
    controller = serializers.CharField(required=False, allow_null=True)
    until = serializers.DateTimeField(required=False, allow_null=True)


class SignalsSerializer(serializers.Serializer[dict[str, object]]):
    """Standard signals, and what they were given under. At least one of `tcf`, `gpp`, `gpc` and `usp`."""

    tcf = serializers.CharField(required=False, allow_null=True, help_text="A TC string, version 2.")
    gpp = serializers.CharField(required=False, allow_null=True, help_text="A GPP string.")
    gpc = serializers.ChoiceField(
        choices=["1"], required=False, allow_null=True, help_text='`"1"`, as in `Sec-GPC`; or `true`.'
    )
    usp = serializers.CharField(required=False, allow_null=True, help_text="A US Privacy string: 1YNN.")
    controller = serializers.CharField(
        required=False, allow_null=True, help_text="Needed by a string that can grant."
    )
    notice = serializers.CharField(required=False, allow_null=True)
    notice_version = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    effective_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="When they were given. A TC string says itself on which day it was made.",
    )
    jurisdictions = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        allow_null=True,
        help_text="Where the person is, as far as the source knows: DE, US-CA. It adds to what is on record.",
    )


class RowSerializer(serializers.Serializer[dict[str, object]]):
    """What one source says about one person: at least one choice, fact or signal."""

    identifiers = IdentifierSerializer(many=True)
    choices = ChoiceSerializer(many=True, required=False)
    facts = FactSerializer(many=True, required=False)
    signals = SignalsSerializer(required=False, allow_null=True)
    new_start = serializers.BooleanField(
        required=False,
        help_text="A new act of the person's own, by a verified identifier: begins anew after an erasure.",
    )


class ConflictSerializer(serializers.Serializer[dict[str, object]]):
    """What a signal said, and what stood or came against it."""

    purpose = serializers.CharField()
    heard = serializers.CharField(help_text="What the signal said.")
    heard_from = serializers.CharField(help_text="`tcf`, `gpp:7`, `gpc`, `usp`.")
    against = serializers.CharField()
    against_from = serializers.CharField(help_text="As `heard_from`; `explicit`: the person's own choice.")
    won = serializers.ChoiceField(choices=["heard", "against"])
    explanation = serializers.CharField()


class UnreadSerializer(serializers.Serializer[dict[str, object]]):
    """What of a signal came to nothing, and why."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not the option
    reason = serializers.CharField()


class SignalTakenSerializer(serializers.Serializer[dict[str, object]]):
    """What became of one signal."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in SignalKind])
    event_id = serializers.CharField(help_text="Its event in the ledger; its records name it.")
    repeated = serializers.BooleanField(help_text="It was on record already, and nothing was written.")
    effective_at = serializers.DateTimeField()
    conflicts = ConflictSerializer(many=True)
    unread = UnreadSerializer(many=True)


class RecordedSerializer(serializers.Serializer[dict[str, object]]):
    """What was written. Send `token` with a check to have it answered from this write or a later one."""

    token = serializers.CharField()
    records = serializers.ListField(child=serializers.CharField())
    signals = SignalTakenSerializer(many=True, required=False, help_text="If any were sent.")


@extend_schema_field(OpenApiTypes.BINARY)
class BinaryField(serializers.FileField):
    """A file that is sent."""


class MappedFileSerializer(serializers.Serializer[dict[str, object]]):
    """A file that others wrote, and what its names stand for."""

    file = BinaryField()
    format = serializers.ChoiceField(choices=FORMATS)
    mapping = serializers.CharField(
        required=False, help_text="YAML or JSON: the import mapping, as `import_consents` takes it."
    )


class RowFaultSerializer(serializers.Serializer[RowFault]):
    """Why one line was rejected."""

    line = serializers.IntegerField()
    code = serializers.CharField()
    message = serializers.CharField()
    path = serializers.CharField(
        allow_blank=True, help_text="A column, or a path from the row's root; empty for the row itself."
    )
    reason = serializers.CharField(
        allow_blank=True, help_text="Of a signal that cannot be read: why. Empty for all else."
    )
    position = serializers.IntegerField(
        allow_null=True, help_text="Of such a signal: the character, from 0, if that is known."
    )


class SignalCountsSerializer(serializers.Serializer[SignalCounts]):
    """What became of the signals of a file."""

    recorded = serializers.IntegerField()
    repeated = serializers.IntegerField(help_text="On record already: nothing was written.")
    conflicts = serializers.IntegerField(help_text="What spoke against something else, of those recorded.")
    yes_not_recorded = serializers.IntegerField(help_text="The conflicts that a yes lost.")
    unread = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many of those recorded came to nothing for something, by the reason.",
    )


class ImportReportSerializer(serializers.Serializer[ImportReport]):
    """What became of a file. `repeated`: it was imported before, and nothing was written now."""

    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()
    faults = RowFaultSerializer(many=True)
    repeated = serializers.BooleanField()
    signals = SignalCountsSerializer(allow_null=True, help_text="Null if the file held none.")
