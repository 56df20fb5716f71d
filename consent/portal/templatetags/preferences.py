"""Texts of the preference centre in the page's language. What comes out is escaped, as values are."""

from typing import Any

from django import template
from django.template.context import Context

from consent.portal.preferences.wording import TEXTS

register = template.Library()


@register.simple_tag(takes_context=True)
def tell(context: Context, name: str, **values: Any) -> str:
    """Return the text of that name, with its values."""
    return TEXTS.say(name, context["language"], **{key: str(value) for key, value in values.items()})
