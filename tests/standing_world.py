"""Standing audiences over the shop of `tests.enforcement_world`, and the workers that run them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.test import override_settings
from django.utils import timezone

from activation.enforcement.standing import services
from activation.enforcement.standing.models import DriftReport, RunOrder, StandingAudience
from activation.enforcement.standing.types import Definition, OrderSource, RunRequest, WorkStatus
from consent.policies import services as policies
from consent.policies.document.writing import write_yaml
from consent.policies.queries import get_policy_in_force
from consent.records.rules.rows import read_row
from consent.records.rules.vocabulary import read_vocabulary
from consent.records.services import record_rows
from consent.records.types import NewRow
from tests.enforcement_world import QUESTION, write_csv
from tests.policy_officers import approve, make_officer, submit

REQUEST = RunRequest(
    purpose=QUESTION["purpose"],
    destination=QUESTION["destination"],
    controller=QUESTION["controller"],
    input="audience.csv",
)
DEFINITION = Definition(slug="customers", title="Customers", request=REQUEST)


@contextmanager
def folders(home: Path) -> Iterator[Path]:
    """Let audiences and runs lie below `home`, with the shop's audience written there; give their folder."""
    audiences = home / "audiences"
    audiences.mkdir()
    write_csv(audiences)
    with override_settings(**places(home)):
        yield audiences


def places(home: Path) -> dict[str, Path]:
    """Return the settings that say where everything of runs lies, below `home`."""
    names = ("AUDIENCES", "RUNS", "MEMBERS", "SCRATCH")
    return {name: home / name.lower() for name in names}


def define(**changes: Any) -> StandingAudience:
    """Define the standing audience, with changes to the definition or to what its runs are asked about."""
    asked = {name: changes.pop(name) for name in list(changes) if hasattr(REQUEST, name)}
    definition = replace(DEFINITION, request=replace(REQUEST, **asked), **changes)
    services.define_audience(definition=definition, created_by="officer 1", at=timezone.now())
    return StandingAudience.objects.get(slug=definition.slug)


def order(slug: str = "customers") -> UUID:
    """Have an officer ask for a run."""
    return services.run_now(slug=slug, source=OrderSource.ADMIN, asked_by="officer 1", at=timezone.now())


def run_once(slug: str = "customers") -> RunOrder:
    """Have an officer ask for a run, and carry it out."""
    order_id = order(slug)
    assert services.run_order(order_id=order_id, at=timezone.now())
    return get(order_id)


def get(order_id: UUID) -> RunOrder:
    """Return the order as it stands."""
    return RunOrder.objects.get(pk=order_id)


def measure(slug: str = "customers") -> DriftReport:
    """Measure an audience's drift, and return what was found."""
    report_id = services.ask_for_measuring(slug=slug)
    assert services.measure(report_id=report_id, at=timezone.now())
    report = DriftReport.objects.get(pk=report_id)
    assert report.status == WorkStatus.COMPLETED, report.error
    return report


def outlooks(report: DriftReport) -> dict[str, dict[str, Any]]:
    """Return the report's figures by outlook."""
    return {one["outlook"]: one for one in report.outlooks}


def publish_next(document: Any, *, effective_at: datetime) -> None:
    """Publish `document` as the policy's next version, which takes effect then."""
    version_id = approve_next(document)
    policies.publish(version_id=version_id, effective_at=effective_at, at=timezone.now())


def approve_next(document: Any) -> int:
    """Have `document` approved as the policy's next version, and return its number in the database."""
    author, at = make_officer("author"), timezone.now()
    draft = policies.import_policy(text=write_yaml(document), author_id=author.pk, at=at)
    submit(draft, at=at)
    approve(draft, by="approver", at=at)
    return draft.version_id


def choose(customer: str, choice: str) -> None:
    """Record what a customer of the shop chose just now."""
    at = timezone.now()
    policy = get_policy_in_force(at=at)
    assert policy is not None
    made = {
        "purpose": QUESTION["purpose"],
        "choice": choice,
        "controller": QUESTION["controller"],
        "notice": "privacy",
        "notice_version": 1,
        "method": "checkbox",
        "form": "account",
    }
    row = read_row(
        {
            "identifiers": [
                {"kind": "customer_id", "value": customer},
                {"kind": "email", "value": f"c{int(customer)}@customers.example"},
            ],
            "choices": [{**made, "effective_at": at.isoformat()}],
            "facts": [{"name": "residence", "value": "DE", "effective_at": "2026-01-05T10:00:00Z"}],
        },
        vocabulary=read_vocabulary(policy.canonical),
        at=at,
    )
    assert isinstance(row, NewRow), row
    record_rows(rows=[row], source="test", at=at)
