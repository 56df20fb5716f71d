"""What the log holds of addresses: paths, without the tokens of links that stand in some of them.

Whoever reads a log could open such a link. Records are cleared where they are made, so that no handler, ours
or anybody's, is handed a token; texts of errors are cleared, too, as they may quote an address.
"""

import logging
import logging.config
import re
import traceback
from collections.abc import Callable
from typing import Any

HIDDEN = "[…]"
_ADDRESS = re.compile(r"(?<=privacy/)[^\"'\n]+", re.IGNORECASE)
_BEHIND_A_LINK = re.compile(r"\b(link|one-click)([/?%=]+)(?=[^/?%=]).*", re.IGNORECASE | re.DOTALL)
_KEPT_TOKEN = re.compile(r"[A-Za-z0-9_-]{40,}")
"""As long as the tokens that we keep the hash of: hidden in the portal's addresses, however broken."""
_SEALED_TOKEN = re.compile(r"[A-Za-z0-9_-]{80,}")
"""As long as the tokens of sealed links: hidden wherever they stand. No digest or name is as long."""


def hide_tokens(text: str) -> str:
    """Return the text without what may be the token of a link."""
    return _SEALED_TOKEN.sub(HIDDEN, _ADDRESS.sub(_hide_in_address, text))


def configure(settings: dict[str, Any]) -> None:
    """Configure the log, and have its records made without tokens."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, WithoutTokens):
        logging.setLogRecordFactory(WithoutTokens(make))
    logging.config.dictConfig(settings)


class WithoutTokens:
    """Makes records as another maker does, and hides tokens in them."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """Return the record."""
        record = self._make(*args, **kwargs)
        _hide_in_message(record)
        if record.exc_info and record.exc_info[0] is not None:
            written = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
            record.exc_text = hide_tokens(written)
        return record


def _hide_in_message(record: logging.LogRecord) -> None:
    try:
        message = record.getMessage()
    except (TypeError, ValueError, KeyError):  # whoever writes it says what is wrong with it
        return
    if (shown := hide_tokens(message)) != message:
        record.msg, record.args = shown, ()


def _hide_in_address(found: re.Match[str]) -> str:
    return _KEPT_TOKEN.sub(HIDDEN, _BEHIND_A_LINK.sub(rf"\1\2{HIDDEN}", found[0]))
