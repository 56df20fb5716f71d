"""The shapes of links in the API, in and out."""

from typing import Any

from rest_framework import serializers

from consent.requests.api.strict import StrictSerializer
from consent.subjects.types import IdentifierKind

MAILING, SIGNED_IN = "mailing", "signed_in"
MOST_PEOPLE, MOST_IDENTIFIERS = 1000, 5
MOST_DAYS, MOST_MINUTES = 400, 15


class LinkIdentifierSerializer(StrictSerializer):
    """One identifier of a person."""

    kind = serializers.ChoiceField(choices=[kind.value for kind in IdentifierKind])
    value = serializers.CharField(max_length=254)
    verified = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Of `signed_in`: the person proved to you that it is theirs.",
    )


class LinkPersonSerializer(StrictSerializer):
    """One person, by all that you know them by: a choice then joins these."""

    identifiers = serializers.ListField(
        child=LinkIdentifierSerializer(), min_length=1, max_length=MOST_IDENTIFIERS
    )


class NewLinksSerializer(StrictSerializer):
    """Links to the preference centre, one for each person."""

    kind = serializers.ChoiceField(
        choices=[MAILING, SIGNED_IN],
        help_text="`mailing`: to be mailed; it says no for its person, and shows their choices. `signed_in`: "
        "for somebody who is logged in with you; it works once, for minutes, and opens everything. Takes the "
        "scope `preferences:vouch`.",
    )
    controller = serializers.RegexField(r"^[a-z0-9][a-z0-9_-]{0,63}\Z", help_text="The brand that writes.")
    purpose = serializers.RegexField(
        r"^[a-z0-9_]+(\.[a-z0-9_]+)*\Z",
        required=False,
        max_length=128,
        default="",
        help_text="What the mailing is for: one click says no to this. Left out: to all direct marketing.",
    )
    valid_for_days = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_DAYS, help_text="Of `mailing`; 365 unless given."
    )
    valid_for_minutes = serializers.IntegerField(
        required=False, min_value=1, max_value=MOST_MINUTES, help_text="Of `signed_in`; 15 unless given."
    )
    people = serializers.ListField(child=LinkPersonSerializer(), min_length=1, max_length=MOST_PEOPLE)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Return what was asked.

        :raises ValidationError: if something of the one kind of link was given for the other.
        """
        others = ("valid_for_minutes",) if attrs["kind"] == MAILING else ("valid_for_days", "purpose")
        for name in others:
            if attrs.get(name):
                raise serializers.ValidationError({name: f"`{attrs['kind']}` takes none."})
        named = [one for person in attrs["people"] for one in person["identifiers"]]
        if attrs["kind"] == MAILING and any(one["verified"] for one in named):
            raise serializers.ValidationError({"people": "`mailing` proves nobody: it takes no `verified`."})
        return attrs


class LinkHeadersSerializer(serializers.Serializer[Any]):
    """The headers of the mail, ready to be used (RFC 2369, RFC 8058). Have DKIM sign them."""

    def get_fields(self) -> dict[str, Any]:
        """Return the fields: their names are no names of Python's."""
        return {
            "List-Unsubscribe": serializers.CharField(),
            "List-Unsubscribe-Post": serializers.CharField(),
        }


class LinkSerializer(serializers.Serializer[Any]):
    """What one person gets."""

    url = serializers.URLField(help_text="Where the person sees and changes their choices.")
    one_click_url = serializers.URLField(required=False, help_text="Of `mailing`: unsubscribes by one POST.")
    headers = LinkHeadersSerializer(required=False, help_text="Of `mailing`.")


class LinksSerializer(serializers.Serializer[Any]):
    """Links in the order of the people."""

    expires_at = serializers.DateTimeField()
    links = LinkSerializer(many=True)
