"""What the OpenAPI document says beyond what the views say themselves."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class BearerKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # the library's
    """How the OpenAPI document describes the bearer key."""

    target_class = "config.access.BearerKeyAuthentication"
    name = "bearerKey"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:  # noqa: ARG002 - its interface
        """Return the OpenAPI security scheme."""
        return {"type": "http", "scheme": "bearer", "description": "An API key with scopes."}
