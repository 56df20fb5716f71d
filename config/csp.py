"""The Content-Security-Policy, and what two places cannot do without (ADR 7)."""

from collections.abc import Mapping
from typing import Any

from csp.constants import NONCE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

ADMIN = "/admin/"
API_DOCS = "/api/docs/"
THEME_PREVIEW = "/admin/consent_portal/theme/preview/"
PREFERENCES = ("/privacy/choices/", "/privacy/one-click/")
SELF = "'self'"

EXCEPTIONS: Mapping[str, Mapping[str, list[Any]]] = {
    ADMIN: {
        "script-src": [SELF, "'unsafe-eval'"],  # Alpine.js
        "style-src": [
            SELF,
            "'sha256-CftXQ/6rIQ3AMOrJUsQzoK+KGLgk4scJJlfXyvE/1mQ='",  # the theme's colours
            "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",  # htmx's indicator
        ],
    },
    API_DOCS: {"style-src": [SELF, "'sha256-MMpT0iDxyjALd9PdfepImGX3DBfJPXZ4IlDWdPAgtn0='"]},  # its margins
    # The page comes styled with its first answer: one style, named by a nonce of that answer.
    THEME_PREVIEW: {"style-src": [SELF, NONCE]},
    **{path: {"style-src": [SELF, NONCE]} for path in PREFERENCES},
}
"""Directives by the beginning of a path. Inline styles are named by hash: a browser test sees any other."""


class Middleware(CSPMiddleware):
    """django-csp's middleware, with our exceptions by path."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy for `request`."""
        parts = super().get_policy_parts(request, response, report_only)
        for path, needed in EXCEPTIONS.items():
            if request.path_info.startswith(path):
                parts.update = {**(parts.update or {}), **needed}
        if request.path_info.startswith(THEME_PREVIEW):  # the form of a theme shows it in a frame
            parts.replace = {**(parts.replace or {}), "frame-ancestors": [SELF]}
        return parts
