"""What is hidden in the log's records, and what is not."""

import logging
from base64 import urlsafe_b64encode
from hashlib import shake_256

import pytest

from config.logs import HIDDEN, WithoutTokens, hide_tokens

# The same in every process: tests are named by what they are given.
SEALED, KEPT = (urlsafe_b64encode(shake_256(b"token").digest(size)).decode() for size in (96, 30))
make = WithoutTokens(logging.LogRecord)


def record(message: object, *args: object, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error else None
    return make("django.request", logging.WARNING, "x.py", 1, message, args, told)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (f"Not Found: /privacy/one-click/{SEALED}", f"Not Found: /privacy/one-click/{HIDDEN}"),
        ("Gone: /privacy/choices/link/short", f"Gone: /privacy/choices/link/{HIDDEN}"),
        (f'"GET /privacy/status/link?token={KEPT} HTTP/1.1" 410', f'"GET /privacy/status/link?{HIDDEN}" 410'),
        (f"/privacy/status/link%3Ftoken={KEPT}", f"/privacy/status/link%{HIDDEN}"),
        (f"//PRIVACY/x/{KEPT}/y", f"//PRIVACY/x/{HIDDEN}/y"),
        (f"/privacy/one-click/ {KEPT}", f"/privacy/one-click/{HIDDEN}"),
        (f"arguments '('{SEALED}',)' not found", f"arguments '('{HIDDEN}',)' not found"),
    ],
)
def test_a_token_is_hidden_wherever_a_path_has_it(written: str, kept: str) -> None:
    assert hide_tokens(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "Not Found: /privacy/link/",
        "Not Found: /privacy/choices/receipts/01JDZW3YV8Q6",
        "Not Found: /admin/consent_subjects/subjectlink/5/change/",
        f"policy sha256:{'0a' * 32} is in force",
        "/privacy/status/link",
    ],
)
def test_other_lines_stay_as_they_are(written: str) -> None:
    assert hide_tokens(written) == written


def test_what_a_record_was_made_of_is_hidden_with_its_message() -> None:
    made = record("%s: %s", "Not Found", f"/privacy/one-click/{SEALED}")

    assert (made.getMessage(), made.args) == (f"Not Found: /privacy/one-click/{HIDDEN}", ())


def test_a_record_without_a_token_keeps_what_it_was_made_of() -> None:
    assert record("%s: %s", "Not Found", "/privacy/").args == ("Not Found", "/privacy/")


def test_an_errors_own_text_is_hidden_with_those_that_led_to_it() -> None:
    error = RuntimeError(f"at /privacy/choices/link/{KEPT}")
    error.__cause__ = KeyError(SEALED)

    line = logging.Formatter("{message}", style="{").format(record("it broke", error=error))

    assert line.startswith("it broke\n")
    assert f"KeyError: '{HIDDEN}'" in line
    assert f"RuntimeError: at /privacy/choices/link/{HIDDEN}" in line


def test_a_record_that_cannot_be_written_is_left_to_whoever_writes_it() -> None:
    assert record("%d of %d", "one").args == ("one",)
