"""Notices: what people were told, in every language it was shown in."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncSecond

from consent.policies.freeze import OwnDigest
from consent.policies.models.part import (
    SLUG,
    DraftOnly,
    NeverEmptied,
    Part,
    VersionPart,
    names_field,
    once,
    one_line,
    well_formed,
)
from consent.policies.models.versions import DIGEST_SIZE

_OF_NOTICE = "(SELECT version_id FROM consent_policies_notice WHERE id = {row}.notice_id)"
_OF_NOTICE_VERSION = (
    "(SELECT version_id FROM consent_policies_notice WHERE id = (SELECT notice_id"
    " FROM consent_policies_noticeversion WHERE id = {row}.notice_version_id))"
)


class Notice(VersionPart):
    """Something people were told, in one version after the other."""

    slug = models.CharField(max_length=64)
    title = models.CharField(max_length=200)

    class Meta(VersionPart.Meta):
        constraints = [
            once("notice", "version", "slug", message="This version has a notice of that name already."),
            well_formed(
                "notice",
                "slug",
                SLUG,
                expected="a slug: lower-case letters, digits, '_' and '-', beginning with a letter",
            ),
            one_line("notice", "title"),
        ]

    def __str__(self) -> str:
        return self.slug


class NoticeVersion(Part):
    """A notice as people could see it from one time on."""

    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(help_text="Counted from 1; a later number was published later.")
    published_at = models.DateTimeField(help_text="Since when people could see it. Whole seconds.")
    purposes = names_field(help_text="The purposes that it speaks of.")
    recipients = names_field(help_text="The third parties that it names.", max_length=64)

    class Meta(Part.Meta):
        triggers = [DraftOnly(_OF_NOTICE), NeverEmptied()]
        constraints = [
            once(
                "noticeversion",
                "notice",
                "number",
                message="The notice has a version of that number already.",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=9999),
                name="noticeversion_number_in_range",
                violation_error_code="number",
                violation_error_message="Expected a version number from 1 to 9999.",
            ),
            models.CheckConstraint(
                condition=Q(published_at=TruncSecond(F("published_at"))),
                name="noticeversion_published_at_whole_seconds",
                violation_error_code="published_at",
                violation_error_message="Expected a moment in whole seconds.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice} {self.number}"


class NoticeText(Part):
    """The exact text shown in one language, and its digest."""

    notice_version = models.ForeignKey(NoticeVersion, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(max_length=16, help_text="A language tag such as 'en' or 'pt-BR'.")
    text = models.TextField(max_length=100_000, help_text="Plain text; an empty line begins a paragraph.")
    digest = models.CharField(max_length=DIGEST_SIZE, editable=False)  # the database writes it

    class Meta(Part.Meta):
        triggers = [DraftOnly(_OF_NOTICE_VERSION), NeverEmptied(), OwnDigest()]
        constraints = [
            once("noticetext", "notice_version", "language", message="That language has a text already."),
            well_formed(
                "noticetext",
                "language",
                r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
                expected="a language tag such as 'en' or 'pt-BR'",
            ),
            well_formed("noticetext", "text", r"\S", expected="the text that people see"),
        ]

    def __str__(self) -> str:
        return f"{self.notice_version} ({self.language})"
