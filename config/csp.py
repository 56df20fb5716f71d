"""The Content-Security-Policy, and its one exception."""

from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest, HttpResponseBase

ADMIN = "/admin/"
ADMIN_STYLES = [
    "'sha256-CftXQ/6rIQ3AMOrJUsQzoK+KGLgk4scJJlfXyvE/1mQ='",  # the theme's colours
    "'sha256-bsV5JivYxvGywDAZ22EZJKBFip65Ng9xoJVLbBg7bdo='",  # htmx's indicator
]
"""The inline styles that the admin's theme writes, by their hashes: a browser test sees any other."""


class Middleware(CSPMiddleware):
    """django-csp's middleware; under the admin, with what its theme cannot do without."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        """Return the policy for `request`."""
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(ADMIN):
            needed = {"script-src": ["'self'", "'unsafe-eval'"], "style-src": ["'self'", *ADMIN_STYLES]}
            parts.update = {**(parts.update or {}), **needed}
        return parts
