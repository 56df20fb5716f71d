"""Breaches of the tests' destination, and who was sent there by the output of runs: the oracle."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from activation.desk.tracing import breaches, vault
from activation.desk.tracing.models import BreachReport
from activation.desk.tracing.types import BreachQuestion, BreachScope
from tests.enforcement_world import read_csv
from tests.policy_officers import make_officer
from tests.simulation_world import find

HOUR = timedelta(hours=1)


def ask(**changes: Any) -> BreachQuestion:
    """Return a breach of the destination, from an hour ago until now."""
    now = timezone.now()
    asked: dict[str, Any] = {
        "scope": BreachScope.DESTINATION,
        "name": "ads",
        "since": now - HOUR,
        "until": now,
        **changes,
    }
    return BreachQuestion(**asked)


def open_report(question: BreachQuestion | None = None, **changes: Any) -> BreachReport:
    """Open a breach report."""
    question = question or ask()
    asked: dict[str, Any] = {
        "known_at": max(question.since, question.until - timedelta(minutes=1)),
        "reason": "credentials lost, case 12",
        "officer_id": make_officer("first").pk,
        "at": timezone.now(),
        **changes,
    }
    return BreachReport.objects.get(pk=breaches.open_breach_report(question=question, **asked))


def carry_out(question: BreachQuestion | None = None) -> BreachReport:
    """Open a breach report, work it out, and return it."""
    report = open_report(question)
    assert breaches.run_breach_report(report_id=report.pk, at=timezone.now())
    report.refresh_from_db()
    return report


def read_list(report: BreachReport) -> list[dict[str, Any]]:
    """Return the lines of the list, whoever may open it."""
    return [json.loads(line) for part in vault.read_result(report) for line in part.splitlines()]


def list_refs(report: BreachReport) -> set[str]:
    """Return who is in the list."""
    return {line["subject_ref"] for line in read_list(report)}


def sent_by(outputs: Iterable[Path]) -> set[str]:
    """Return the references of whoever is in files that left: the oracle."""
    return {find(row["customer_id"]) for path in outputs for row in read_csv(path) if row["customer_id"]}


def ago(delay: timedelta) -> datetime:
    """Return the moment so long ago."""
    return timezone.now() - delay
