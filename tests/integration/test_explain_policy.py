"""`explain_policy` as an officer types it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.destinations import services as destinations
from consent.policies import services
from consent.policies.document.writing import write_yaml
from tests.policy_documents import make_document, spoil
from tests.policy_officers import JAN_1, make_draft, make_officer, make_published

pytestmark = pytest.mark.django_db

QUESTION = {"purpose": "marketing.email", "jurisdiction": "FR", "destination": "ads", "controller": "shop"}


def run(*arguments: str, **asked: str | None) -> str:
    out = StringIO()
    options = [f"--{name}={value}" for name, value in (QUESTION | asked).items() if value is not None]
    call_command("explain_policy", *arguments, *options, stdout=out)
    return out.getvalue()


def found(*arguments: str, **asked: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("--json", *arguments, **asked))
    return answer
