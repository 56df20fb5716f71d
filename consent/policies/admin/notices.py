"""What people were told: notices of drafts in the admin."""

from functools import partial

from django.contrib import admin
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from consent.policies.admin import notice_preview
from consent.policies.admin.editing import PartAdmin, StackedDraftInline, TabularDraftInline
from consent.policies.admin.places import page_of
from consent.policies.models import Notice, NoticeText, NoticeVersion


class NoticeVersionInline(TabularDraftInline):
    """The versions of a notice. What each of them says is on its own page."""

    model = NoticeVersion
    fields = ("number", "published_at", "texts_of")
    readonly_fields = ("texts_of",)
    ordering = ("number", "pk")
    hide_title = True

    @admin.display(description="Texts")
    def texts_of(self, row: NoticeVersion) -> str:
        """Return a link to the version's page."""
        if row._state.adding:
            return "after saving"
        return format_html(
            '<a href="{}" class="text-primary-600">Purposes, recipients, texts</a>', page_of(row)
        )


class NoticeTextInline(StackedDraftInline):
    """The exact text, in each language it was shown in."""

    model = NoticeText
    fields = ("language", "text", "digest")
    readonly_fields = ("digest",)
    ordering = ("language", "pk")


@admin.register(Notice)
class NoticeAdmin(PartAdmin):
    """The notices of every version."""

    list_display = ("slug", "title", "version")
    search_fields = ("slug", "title")
    ordering = ("-version", "slug", "pk")
    fields = ("belongs_to", "slug", "title")
    inlines = (NoticeVersionInline,)


@admin.register(NoticeVersion)
class NoticeVersionAdmin(PartAdmin):
    """The versions of notices, with their texts."""

    parent_name = "notice"
    parent_model = Notice
    list_display = ("notice", "number", "published_at", "policy")
    search_fields = ("notice__slug", "texts__text")
    ordering = ("-notice__version", "notice__slug", "number", "pk")
    fields = ("belongs_to", "number", "published_at", "purposes", "recipients", "as_people_read_it")
    readonly_fields = ("belongs_to", "as_people_read_it")
    inlines = (NoticeTextInline,)

    def get_urls(self) -> list[URLPattern]:
        """Return the addresses, with those of the notice as people read it."""
        own = (
            ("preview", notice_preview.PREVIEW, notice_preview.show),
            ("test", notice_preview.TEST, notice_preview.send_test),
        )
        return [
            path(f"<int:row_id>/{ending}/", self.admin_site.admin_view(partial(view, self)), name=name)
            for ending, name, view in own
        ] + list(super().get_urls())

    @admin.display(description="As people read it")
    def as_people_read_it(self, row: NoticeVersion) -> str:
        """Return a link to the notice in each of its languages."""
        if row._state.adding:
            return "after saving"
        page = reverse(f"admin:{notice_preview.PREVIEW}", args=[row.pk])
        return format_html(
            '<a href="{}" class="text-primary-600">Preview, and send yourself a test</a>', page
        )

    @admin.display(description="Version", ordering="notice__version")
    def policy(self, row: NoticeVersion) -> str:
        """Return the policy's version."""
        return str(row.notice.version)
