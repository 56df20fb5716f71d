"""People looked up in runs and destinations, and what whole evidence says of them: the oracle."""

import json
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from activation.desk.tracing import traces
from activation.desk.tracing.models import TraceReport
from activation.desk.tracing.types import Access
from activation.enforcement.membership import services as membership
from activation.enforcement.membership.models import Holding
from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence.types import Presence
from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.types import SuppressionState
from consent.subjects.queries import list_identifiers
from consent.subjects.services import link_by_officer
from consent.subjects.types import Identifier, IdentifierKind, SubjectRef
from consent.verifier.manifests.evidence import read_evidence
from consent.verifier.manifests.membership import hash_member, hash_reference
from tests.enforcement_world import run
from tests.policy_officers import make_officer
from tests.simulation_world import find
from tests.suppression_world import make_suppression

REASON = "request 4711"
SECRETS = ("customers.example", "+4917", "00001", "00002", "00003", "00004", "00005")


def number(customer: str) -> Identifier:
    """Return a customer's number."""
    return Identifier(IdentifierKind.CUSTOMER_ID, customer)


def send(folder: Path, name: str = "out.csv", **changes: Any) -> EnforcementRun:
    """Enforce the audience to a file of this name, and return the run."""
    run(folder, output_path=folder / name, **changes)
    return EnforcementRun.objects.filter(output=str(folder / name)).latest("started_at")


def begin(identifier: Identifier | None = None, **changes: Any) -> TraceReport:
    """Begin a trace."""
    asked: dict[str, Any] = {
        "identifier": identifier,
        "access": Access.REQUEST,
        "reason": REASON,
        "officer_id": make_officer("tracer").pk,
        "at": timezone.now(),
        **changes,
    }
    return TraceReport.objects.get(pk=traces.begin_trace(**asked))


def trace_whole(report: TraceReport) -> list[dict[str, Any]]:
    """Look all runs up, and return the lines of what was found."""
    traces.ask_for_all(report, at=timezone.now())
    assert traces.run_trace(report_id=report.pk, at=timezone.now())
    report.refresh_from_db()
    return [json.loads(line) for line in traces.open_result(report, at=timezone.now())]


def list_runs(lines: Iterable[dict[str, Any]]) -> dict[UUID, tuple[str, frozenset[str]]]:
    """Return what the lines say of each run."""
    return {
        UUID(one["run"]): (one["outcome"], frozenset(one.get("reasons", ())))
        for one in lines
        if one["what"] == "run"
    }


def by_the_whole(
    refs: Iterable[SubjectRef], identifiers: Iterable[Identifier] = ()
) -> dict[UUID, tuple[str, frozenset[str]]]:
    """Return what the whole evidence of each run says of people with these references: the oracle."""
    refs = list(refs)
    known = [Identifier(one.kind, one.value) for some in list_identifiers(refs).values() for one in some]
    found = {}
    for one in EnforcementRun.objects.all():
        evidence = read_evidence(Path(f"{one.output}.evidence").read_bytes())
        members = [hash_member(evidence.run_key, name) for name in (*known, *identifiers)]
        members += [hash_reference(evidence.run_key, ref) for ref in refs]
        reasons = frozenset[str]().union(*(evidence.reasons_of(member) for member in members))
        allowed = any(member in evidence.allowed for member in members)
        presence = Presence.RECEIVED if allowed else Presence.DENIED if reasons else Presence.ABSENT
        found[one.pk] = (presence.value, reasons)
    return found


def link(one: str, other: str) -> None:
    """Let an officer find that two customers are one person."""
    link_by_officer(
        left=find(one),
        right=find(other),
        officer=make_officer("linker").pk,
        reason="known",
        at=timezone.now(),
    )


def take_out(customer: str, *, ago: timedelta = timedelta()) -> Suppression:
    """Let the destination have taken the customer out, so long ago, wherever it held them."""
    holding = Holding.objects.get()
    membership.forget(holding_id=holding.pk, gone=[(find(customer), ())])
    return make_suppression(
        holding,
        find(customer),
        state=SuppressionState.ACKNOWLEDGED,
        sealed=b"",
        ended_at=timezone.now() - ago,
        recorded_at=timezone.now() - ago - timedelta(minutes=1),
    )


def browse(name: str, *permissions: str) -> Client:
    """Return the browser of an officer with these permissions."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client
