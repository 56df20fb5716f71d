"""Questions to begin with on the try-it page: they are answered by the demo as they stand."""

from drf_spectacular.utils import OpenApiExample

_CUSTOMER = {"type": "customer_id", "id": "00056"}
_PURPOSE, _DESTINATION, _CONTROLLER = "advertising.audience", "meridian_ads", "harbor"

EVALUATION = OpenApiExample(
    "One customer of the demo",
    value={
        "subject": _CUSTOMER,
        "action": {"name": _PURPOSE},
        "resource": {"type": "destination", "id": _DESTINATION},
        "context": {"controller": _CONTROLLER},
    },
    request_only=True,
)
EVALUATIONS = OpenApiExample(
    "Two customers of the demo",
    value={
        "action": {"name": _PURPOSE},
        "resource": {"type": "destination", "id": _DESTINATION},
        "context": {"controller": _CONTROLLER},
        "evaluations": [{"subject": _CUSTOMER}, {"subject": {"type": "customer_id", "id": "00002"}}],
    },
    request_only=True,
)
CHECKS = OpenApiExample(
    "A batch of the demo",
    value={
        "purpose": _PURPOSE,
        "destination": _DESTINATION,
        "controller": _CONTROLLER,
        "subjects": [_CUSTOMER, {"type": "customer_id", "id": "00002"}],
    },
    request_only=True,
)
