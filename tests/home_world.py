"""Officers in front of the home page, and what is wrong in their house."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Permission, User
from django.core.cache import cache
from django.db import connection
from django.db.models import Q
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.utils import timezone

from activation.desk.home.models import ChoiceCount
from activation.enforcement.models import EnforcementRun, Incident, SelfTest
from consent.ledger.models import WitnessNote
from consent.records.models import RecordedSignal
from consent.subjects.models import Subject

HOME = "/admin/"
PANELS = {
    "requests": ("consent_requests.view_request",),
    "policies": ("consent_policies.view_policyversion",),
    "withdrawals": ("activation_enforcement.view_suppression",),
    "ledger": ("consent_ledger.view_checkpoint",),
    "canaries": ("activation_enforcement.view_incident", "activation_enforcement.view_selftest"),
    "paths": ("activation_desk.view_lineage",),
    "messages": ("lineage_outbox.view_delivery", "activation_changes.view_parkedmessage"),
    "conflicts": ("consent_records.view_recordedsignal",),
    "runs": ("activation_enforcement.view_enforcementrun",),
    "consent": ("consent_records.view_consentrecord",),
}


def officer(*permissions: str, name: str = "olga") -> Client:
    """Return the browser of an officer with these permissions, and no others."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True)
    wanted = Q(pk__in=[])
    for one in permissions:
        app, _, codename = one.partition(".")
        wanted |= Q(content_type__app_label=app, codename=codename)
    found = Permission.objects.filter(wanted)
    assert found.count() == len(permissions)
    user.user_permissions.set(found)
    client = Client()
    client.force_login(user)
    return client


def everything() -> Client:
    """Return the browser of an officer who may see every panel, and approve and publish."""
    return officer(
        *(one for permissions in PANELS.values() for one in permissions),
        "consent_requests.approve_erasures",
        "consent_policies.approve_policyversion",
        "consent_policies.publish_policyversion",
    )


def read(client: Client, query: str = "") -> str:
    """Return the page, as one line of what it says and links to."""
    cache.clear()
    answer = client.get(HOME + query)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def panels_of(page: str) -> set[str]:
    """Return which panels are on the page."""
    return set(re.findall(r'<section class="home-panel[^"]*" id="(\w+)"', page))


def needs_of(page: str) -> dict[str, str]:
    """Return what the page says that needs the officer, each with where it leads."""
    found = re.search(r'<section class="home-needs.*?</section>', page, re.DOTALL)
    assert found
    return {
        unescape(words): unescape(href) for href, words in re.findall(r'href="([^"]+)">([^<]+)', found[0])
    }


def headline_of(page: str) -> str:
    """Return the page's first line."""
    found = re.search(r'<h1 id="home-headline">(.*?)</h1>', page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]*>[^<]*</span>|\s+", " ", found[1]).strip()


def figures_of(page: str) -> dict[str, tuple[str, str]]:
    """Return each figure by its label: the number, and where it leads."""
    found = re.findall(r"<dt>(.*?)</dt>\s*<dd>\s*(.*?)\s*(?:<span|</dd>)", page, re.DOTALL)
    told = {}
    for label, value in found:
        href = re.search(r'href="([^"]+)"', value)
        text = re.sub(r"<[^>]+>", "", value).strip()
        told[unescape(label)] = (unescape(text), unescape(href[1]) if href else "")
    return told


def listed_at(client: Client, address: str) -> int:
    """Return how many rows the list at `address` has, and fail if it dropped a filter."""
    answer = client.get(address)
    assert answer.status_code == 200, (
        f"{address} answers {answer.status_code} {answer.headers.get('Location')}"
    )
    return int(answer.context["cl"].result_count)


def count_statements(client: Client, query: str = "") -> int:
    """Return how many statements the page runs, with nothing remembered."""
    read(client, query)  # what Django itself remembers, such as content types
    cache.clear()
    with CaptureQueriesContext(connection) as run:
        assert client.get(HOME + query).status_code == 200
    return len(run)


def make_run(status: str = "completed", **changes: Any) -> EnforcementRun:
    """Put a run on record, which began a minute ago."""
    now = timezone.now()
    given: dict[str, Any] = {
        "id": uuid4(),
        "purpose": "advertising.audience",
        "destination": "ads",
        "controller": "shop",
        "status": status,
        "decided_at": now,
        "started_at": now - timedelta(minutes=1),
        "finished_at": None if status == "running" else now,
        "input": "/in.csv",
        "output": f"/out/{uuid4()}.csv",
        "manifest_digest": "sha256:0" if status == "completed" else "",
        "rows_in": 10,
        "allowed": 6,
        "denied": 4,
        "denied_by_reason": {"withdrawn": 3, "no_record": 1},
        **changes,
    }
    return EnforcementRun.objects.create(**given)


def make_self_test(**changes: Any) -> SelfTest:
    """Put a self-test on record, which passed just now."""
    given = {"watermark": 1, "asked": 9, "denied": 9, "incidents": 0, "event_id": "evt", **changes}
    return SelfTest.objects.create(**{"tested_at": timezone.now(), **given})


def make_incident() -> Incident:
    """Raise an incident that nobody answered."""
    return Incident.objects.create(
        kind="canary_passed", path="bulk", destination="ads", ways=[], suspended=True, event_id="evt"
    )


def make_signal(number: int, *, is_in_conflict: bool = True, **changes: Any) -> RecordedSignal:
    """Put a signal on record, which came a minute ago."""
    subject = Subject.objects.create(ref=f"sub_conflict_{number}", version=1)
    conflict = {
        "purpose": "advertising.targeted",
        "heard": "opt_out_signal",
        "heard_from": "gpc",
        "against": "granted",
        "against_from": "explicit",
        "won": "heard",
        "explanation": "a no is honoured against an earlier yes",
    }
    moment = timezone.now() - timedelta(minutes=1)
    given: dict[str, Any] = {
        "event_id": f"sig_{number}",
        "subject": subject,
        "version": 1,
        "kind": "gpc",
        "conflicts": [conflict] if is_in_conflict else [],
        "effective_at": moment,
        "recorded_at": moment,
        "source": "test",
        **changes,
    }
    return RecordedSignal.objects.create(**given)


def make_counts(days: int = 1, purposes: int = 1) -> None:
    """Put counts on record, of the last days and of some purposes."""
    today = timezone.now().date()
    ChoiceCount.objects.bulk_create(
        ChoiceCount(
            day=today - timedelta(days=day),
            purpose=f"purpose.{number}",
            jurisdiction=place,
            choice=choice,
            count=count,
        )
        for day in range(days)
        for number in range(purposes)
        for place in ("DE", "GB")
        for choice, count in (("granted", 3), ("refused", 1), ("withdrawn", 2))
    )


@contextmanager
def witness_that_holds(size: int) -> Iterator[str]:
    """Let the settings name a witness that took a checkpoint of that size an hour ago."""
    told_at = timezone.now() - timedelta(hours=1)
    WitnessNote.objects.create(name="file kept", size=size, told_at=told_at)
    with override_settings(WITNESSES=["file:/elsewhere/kept"]):
        yield "file kept"
