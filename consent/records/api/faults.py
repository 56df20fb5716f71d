"""Faults of a body as the framework's own error tells them."""

import re
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

from consent.records.types import Fault

_STEP = re.compile(r"[^.\[\]]+")


def refusal(faults: list[Fault]) -> ValidationError:
    """Return the error that answers with every one of `faults`, by the steps of their paths."""
    nested: dict[str, Any] = {}
    for fault in faults:
        *parents, last = _STEP.findall(fault.path) or ["non_field_errors"]
        inner = nested
        for step in parents:
            inner = inner.setdefault(step, {})
        inner.setdefault(last, []).append(ErrorDetail(fault.message, fault.code.value))
    return ValidationError(nested)
