"""The admin's first page: the theme calls this before it renders it."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from activation.desk.home.page import lay_out


def fill(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context of the page with what is on it now."""
    return {**context, **lay_out(request, at=timezone.now()), "title": "Home", "is_fullwidth": "1"}
