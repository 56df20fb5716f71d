"""Refuses to start with a mapping of signals that cannot be used, and says what to do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from consent.kernel.errors import AccordantError
from consent.records.queries import get_mapping_text
from consent.signals.mapping.document import parse
from consent.signals.mapping.form import MalformedMapping

BROKEN = "config.E001"
_HINT = (
    "Mend the file that ACCORDANT_SIGNAL_MAPPING names, or unset it to use the mapping that is shipped:"
    " docs/how-to/send-consent-signals.md."
)


@register()
def check_mapping(**_: Any) -> list[CheckMessage]:
    """Return an error for each fault of the organisation's mapping file."""
    if settings.SIGNAL_MAPPING is None:
        return []
    try:
        parse(get_mapping_text(settings.SIGNAL_MAPPING))
    except MalformedMapping as error:
        return [Error(f"ACCORDANT_SIGNAL_MAPPING: {fault}", hint=_HINT, id=BROKEN) for fault in error.faults]
    except AccordantError as error:
        return [Error(f"ACCORDANT_SIGNAL_MAPPING: {error}", hint=_HINT, id=BROKEN)]
    return []
