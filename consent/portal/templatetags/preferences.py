"""What the templates of the preference centre say, and wear. What comes out is escaped, as values are."""

from datetime import UTC, date, datetime
from typing import Any

from django import template
from django.conf import settings
from django.template.context import Context
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from consent.policies.document.notice_text import render
from consent.portal.preferences.pages.dressing import Dress, read_dress
from consent.portal.preferences.wording import TEXTS
from consent.requests.wording.words import spell_date

register = template.Library()
_LOST = "portal/lost.js"
_HTMX = "django_htmx/htmx-2.min.js"
_CONFIGURED = (
    '{"includeIndicatorStyles":false,"allowEval":false,"historyEnabled":false,"selfRequestsOnly":true,'
    '"allowScriptTags":false,"responseHandling":[{"code":"204","swap":false},{"code":"...","swap":true}]}'
)


@register.simple_tag(takes_context=True)
def tell(context: Context, *parts: str, **values: Any) -> str:
    """Return the text of that name, with its values; a name may come in parts."""
    name = "".join(parts)
    return TEXTS.say(name, context["language"], **{key: str(value) for key, value in values.items()})


@register.simple_tag(takes_context=True)
def group_title(context: Context, group: Any) -> str:
    """Return what a group is called: by the policy, by us, or just as others are."""
    texts = TEXTS.texts(context["language"])
    return group.title or texts.get(f"group.{group.slug}") or texts["group.other"]


@register.simple_tag(takes_context=True)
def on_day(context: Context, at: datetime | date | None) -> str:
    """Return a moment's day written out, by UTC; empty for none."""
    if at is None:
        return ""
    day = at.astimezone(UTC).date() if isinstance(at, datetime) else at
    return spell_date(day, context["language"])


@register.simple_tag(takes_context=True)
def on_minute(context: Context, at: datetime | str) -> str:
    """Return a moment to the minute, by UTC."""
    moment = (datetime.fromisoformat(at) if isinstance(at, str) else at).astimezone(UTC)
    day = spell_date(moment.date(), context["language"])
    return TEXTS.say("page.moment", context["language"], day=day, time=f"{moment:%H:%M}")


@register.simple_tag(takes_context=True)
def in_language(context: Context, language: str = "") -> SafeString:
    """Return the attribute that marks a text as of another language than the page; none if it is not.

    Without a language: of the policy's.
    """
    tag = language or settings.POLICY_LANGUAGE
    if tag.lower().partition("-")[0] == context["language"]:
        return SafeString("")
    return format_html(' lang="{}"', tag)


@register.simple_tag(takes_context=True)
def dress(context: Context) -> Dress:
    """Return how the page looks: as the theme of the controller in the context says."""
    worn: Dress | None = context.get("worn")
    return worn or read_dress(str(context.get("controller_slug") or ""))


@register.simple_tag
def plain_text(text: str) -> SafeString:
    """Return a notice's text as paragraphs: all of it is escaped, and a filter lets nothing else pass."""
    return mark_safe(render(text))  # noqa: S308 - see `render`


@register.simple_tag
def htmx() -> SafeString:
    """Return what loads htmx, after the page, under our Content-Security-Policy, and tells what is lost."""
    return format_html(
        '<meta name="htmx-config" content="{}">'
        '<script src="{}" defer></script><script src="{}" defer></script>',
        _CONFIGURED,
        static(_HTMX),
        static(_LOST),
    )
