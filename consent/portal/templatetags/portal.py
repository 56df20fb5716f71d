"""Texts of the catalogue in the page's language. What comes out is escaped, as values in templates are."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import template
from django.template.context import Context

from consent.portal.wording import PAGES
from consent.requests.wording.words import spell_date

register = template.Library()


@register.simple_tag(takes_context=True)
def say(context: Context, name: str, **values: Any) -> str:
    """Return the text of that name, with its values."""
    return PAGES.say(name, context["language"], **{key: str(value) for key, value in values.items()})


@register.simple_tag(takes_context=True)
def day(context: Context, value: date) -> str:
    """Return a day written out."""
    return spell_date(value, context["language"])


@register.filter
def at(values: Mapping[str, str], name: str) -> str:
    """Return the value of that name, empty if there is none."""
    return values.get(name, "")
