"""The shapes of the embed's calls and answers, for the API's description. They are read by `reading`."""

from rest_framework import serializers

from consent.portal.embed.reading import MOST_SECONDS_AGO

Data = dict[str, object]


class SiteSerializer(serializers.Serializer[Data]):
    """What a site asks for."""

    controller = serializers.CharField()
    notice = serializers.CharField()
    notice_version = serializers.IntegerField(allow_null=True, help_text="The one in force now.")
    categories = serializers.DictField(child=serializers.ListField(child=serializers.CharField()))
    purposes = serializers.ListField(child=serializers.CharField())
    signals = serializers.DictField(
        child=serializers.CharField(), help_text="Google Consent Mode: the purpose of each consent type."
    )
    signalled = serializers.ListField(
        child=serializers.CharField(), help_text="Purposes that the Global Privacy Control speaks to."
    )
    preferences = serializers.URLField(help_text="The preference centre. It names nobody.")


class QuestionSerializer(serializers.Serializer[Data]):
    """Which device, on which site."""

    site = serializers.CharField(help_text="The site's key.")
    device = serializers.CharField(help_text="acd_ and 32 hexadecimal digits, made by the script.")


class StatementSerializer(QuestionSerializer):
    """What was said: choices by purpose, or what the banner calls them, or a signal alone."""

    choices = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        help_text='By purpose. `{"*": false}` is a no to all that the site asks for.',
    )
    categories = serializers.DictField(
        child=serializers.BooleanField(),
        required=False,
        help_text="By the banner's own names; those that the site does not map are left out.",
    )
    notice = serializers.CharField(required=False, help_text="Default: the site's.")
    notice_version = serializers.IntegerField(
        required=False, min_value=1, help_text="Default: the version in force when it was said."
    )
    language = serializers.CharField(required=False)
    banner = serializers.CharField(required=False)
    gpc = serializers.BooleanField(required=False, help_text="The browser sends the Global Privacy Control.")
    after_conflict_notice = serializers.BooleanField(
        required=False, help_text="The person was told that their yes conflicts with the signal."
    )
    seconds_ago = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_SECONDS_AGO, help_text="How long ago it was said."
    )


class HoldingSerializer(serializers.Serializer[Data]):
    """What holds for the device now. A purpose that is not named was not decided, which means no."""

    holds = serializers.DictField(child=serializers.BooleanField())
    after_conflict = serializers.ListField(child=serializers.CharField())
    until = serializers.DateTimeField(allow_null=True, help_text="When the first of the yeses ends.")


class StatementTakenSerializer(HoldingSerializer):
    """What was written, and what holds after it."""

    receipt = serializers.CharField(
        allow_null=True, help_text="The first record's id; null: nothing to write."
    )
    receipts = serializers.ListField(child=serializers.CharField())
