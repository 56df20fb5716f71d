"""The shapes of the feed, in and out."""

from typing import Any

from rest_framework import serializers

from consent.ledger.types import LedgerEntry, Stream

MAX_CHANGES = 1000


class FeedQuery(serializers.Serializer[dict[str, Any]]):
    """What of the feed to read."""

    after = serializers.IntegerField(
        min_value=0,
        max_value=2**63 - 1,
        default=0,
        help_text="How many entries were read already: `next` of the last answer.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MAX_CHANGES, default=100)
    stream = serializers.ChoiceField(
        choices=[stream.value for stream in Stream], required=False, help_text="Only entries of this stream."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what was asked.

        :raises ValidationError: if there is a parameter that does not exist.
        """
        if unknown := self.initial_data.keys() - self.fields.keys():
            raise serializers.ValidationError(
                dict.fromkeys(unknown, "There is no such parameter."), code="unknown_field"
            )
        return attrs


class ChangeSerializer(serializers.Serializer[LedgerEntry]):
    """One entry of the ledger."""

    index = serializers.IntegerField(help_text="Its place, from 0, without gaps.")
    stream = serializers.CharField()
    kind = serializers.CharField()
    event_id = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    subject_ref = serializers.CharField(allow_null=True)
    subject_version = serializers.IntegerField(allow_null=True)
    envelope = serializers.SerializerMethodField(
        help_text="The event as canonical JSON, byte for byte: the leaf's content. Empty if `pruned`."
    )
    pruned = serializers.BooleanField(
        help_text="Whether the content is gone: its time was over. The hash, and every proof, stay."
    )
    leaf_hash = serializers.SerializerMethodField(help_text="SHA-256(0x00 || envelope), in hex.")

    def get_envelope(self, entry: LedgerEntry) -> str:
        """Return the envelope as text."""
        return entry.envelope.decode()

    def get_leaf_hash(self, entry: LedgerEntry) -> str:
        """Return the leaf's hash in hex."""
        return entry.leaf_hash.hex()


class FeedSerializer(serializers.Serializer[dict[str, Any]]):
    """Some entries, in order, and where to go on."""

    changes = ChangeSerializer(many=True)
    next = serializers.IntegerField(help_text="Send it as `after` to read on.")
    size = serializers.IntegerField(help_text="How many entries the ledger had.")


class LogKeySerializer(serializers.Serializer[Any]):
    """A key that signs the log, and since when."""

    verify_key = serializers.CharField(help_text="C2SP verifier key: name+hash+key.")
    from_size = serializers.IntegerField(help_text="It signs checkpoints of more leaves than these.")
    handover = serializers.SerializerMethodField(
        help_text="The note by which the key before it handed over, signed by both; empty for the first."
    )

    def get_handover(self, key: Any) -> str:
        """Return the note's text."""
        return bytes(key.handover).decode()


class LogKeysSerializer(serializers.Serializer[Any]):
    """The log's keys, the first one first. Publish that one elsewhere too."""

    origin = serializers.CharField()
    keys = LogKeySerializer(many=True)
