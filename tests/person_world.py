"""Officers who look people up in the shop of `tests.enforcement_world`, for the tests of the person page."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone

from activation.desk.person import visits
from activation.desk.person.models import PersonVisit
from activation.desk.person.types import Asked
from activation.desk.tracing.types import Access
from consent.kernel import canonical
from consent.ledger.models import PendingEvent
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import GERMAN
from tests.tracing_world import browse

FIND = "/admin/activation_desk/personvisit/find/"
LIST = "/admin/activation_desk/personvisit/"
REASON = "request 4711"
ASKED = {"kind": "customer_id", "value": GERMAN, "access": "request", "reason": REASON}


def officer(name: str = "olga", *more: str) -> Client:
    """Return the browser of an officer who may find people, and act for them."""
    return browse(name, "find_person", "act_for_person", *more)


def ask(client: Client, **changes: str) -> Any:
    """Return the answer to a look-up."""
    return client.post(FIND, {**ASKED, **changes})


def page_of(visit: PersonVisit | UUID) -> str:
    """Return the address of a look-up's page."""
    return f"{LIST}{getattr(visit, 'pk', visit)}/change/"


def look(client: Client, **changes: str) -> str:
    """Look somebody up, and return the address of their page."""
    answer = ask(client, **changes)
    assert answer.status_code == 302, answer.status_code
    return str(answer.url)


def text_of(answer: Any, status: int = 200) -> str:
    """Return a page's text, in one line."""
    assert answer.status_code == status, answer.status_code
    return " ".join(answer.content.decode().split())


def find_one(identifier: Identifier | None = None, name: str = "olga") -> PersonVisit:
    """Look somebody up without a browser, and return the visit."""
    visit_id = visits.look_up(
        asked=Asked(identifier=identifier or Identifier(IdentifierKind.CUSTOMER_ID, GERMAN)),
        access=Access.REQUEST,
        reason=REASON,
        officer_id=User.objects.get_or_create(username=name, is_staff=True)[0].pk,
        at=timezone.now(),
    )
    return PersonVisit.objects.get(pk=visit_id)


def list_audited(*kinds: str) -> list[dict[str, Any]]:
    """Return the bodies of what the audit stream was told of these kinds, in order."""
    rows = PendingEvent.objects.filter(stream="audit", kind__in=kinds).order_by("pk")
    return [canonical.loads(bytes(row.envelope))["body"] for row in rows]


def act_of(page: str) -> dict[str, str]:
    """Return what the form on a page would send to record a withdrawal of everything."""
    found = re.search(r'name="token" value="([0-9a-f-]{36})"', page)
    assert found, page
    return {
        "choice": "withdrawn",
        "purpose": "*",
        "controller": "",
        "way": "phone",
        "note": "",
        "token": found[1],
    }


def list_texts() -> Iterator[str]:
    """Yield every text that any table of the app's or of sessions holds, but for what is sealed or hashed."""
    wanted = ("activation_desk_%", "django_%", "consent_ledger_%")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE ANY (%s)",
            [list(wanted)],
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" AS t')  # noqa: S608 - a table's name
            yield from (row for (row,) in cursor.fetchall())


def make_admin(name: str = "admin") -> User:
    """Return somebody who may do everything."""
    user, _ = User.objects.get_or_create(username=name, is_staff=True, is_superuser=True)
    return user
