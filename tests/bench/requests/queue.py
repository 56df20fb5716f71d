"""The officers' queue with 100,000 open requests: server time and queries of each page."""

from collections.abc import Iterator, Sequence

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from tests.bench.database import fresh_database
from tests.bench.pages import measure_pages, time_page
from tests.bench.report import Figure

OPEN, CLOSED = 100_000, 200_000
QUEUE = "/admin/consent_requests/request/"
PAGES = {
    "queue, first page": "",
    "queue, page 100": "?p=100",
    "queue, overdue": "?due=over",
    "queue, within 7 days": "?due=7",
    "queue, one day": "?due_on={day}",
    "queue, erasures": "?type=erasure",
    "queue, a rare type": "?type=appeal",
    "queue, one jurisdiction": "?jurisdiction=US-CA",
    "queue, jurisdiction undecided": "?jurisdiction=undecided",
    "queue, mine": "?assigned=me",
    "queue, failed steps": "?needs=steps",
    "queue, my approval": "?needs=approval",
    "queue, in review": "?state=in_review",
    "queue, closed": "?state=closed",
    "calendar": "calendar/",
    "one request": "{request}/change/",
    "figures of a year": "figures/california/?year=2026",
    "summary of a year": "figures/summary/?since=2026-01-01&last=2026-12-31",
}
ADD_REQUESTS = """
    INSERT INTO consent_requests_request (
        id, reference, type, state, version, controller, channel, language, purposes, jurisdiction,
        jurisdiction_reason, received_at, zone, due_on, due_at, level, verified_by, subjects, ground, run_id,
        kek_version, wrapped, sealed, content_destroyed_at, closed_at, assigned_to_id, proposed_at,
        proposed_by_id
    )
    SELECT gen_random_uuid(), %(prefix)s || n,
        CASE WHEN n %% 1000 = 0 THEN 'appeal' WHEN n %% 5 = 0 THEN 'erasure' WHEN n %% 3 = 0 THEN 'opt_out'
            ELSE 'access' END,
        CASE WHEN %(closed)s THEN (ARRAY['fulfilled', 'refused', 'partly_fulfilled'])[1 + n %% 3]
            WHEN n %% 50 = 0 THEN 'in_review' ELSE 'in_progress' END,
        0, 'northwind', 'portal', 'en', '{}',
        CASE WHEN n %% 997 = 0 THEN '' ELSE (ARRAY['DE', 'FR', 'US-CA', 'ES'])[1 + n %% 4] END, '',
        at, 'UTC', (at + interval '30 days')::date, at + interval '30 days', 'none', '', '{}',
        CASE WHEN %(closed)s AND n %% 3 = 1 THEN 'no_data' ELSE '' END, gen_random_uuid(), 0, '', '', now(),
        CASE WHEN %(closed)s THEN at + (n %% 40) * interval '1 day' END,
        CASE WHEN n %% 500 = 0 THEN %(officer)s END,
        CASE WHEN NOT %(closed)s AND n %% 5000 = 0 THEN now() END,
        CASE WHEN NOT %(closed)s AND n %% 5000 = 0 THEN %(other)s END
    FROM (
        SELECT n, now() - (n %% %(days)s) * interval '1 day' - (n %% 86400) * interval '1 second' AS at
        FROM generate_series(1, %(count)s) AS n
    ) AS numbered
"""
ADD_STEPS = """
    INSERT INTO consent_requests_step (
        id, request_id, phase, action, state, failures, report, found, done, kept, parts, reference,
        callback_hash, note, attempts, last_error
    )
    SELECT gen_random_uuid(), id, 1, action,
        CASE WHEN random() < 0.002 THEN 'failed' ELSE 'done' END,
        0, '[]', 0, 0, 0, 0, '', '', '', 0, ''
    FROM consent_requests_request, unnest(ARRAY['collect', 'erase', 'verify_gone']) AS action
"""


def measure() -> Sequence[Figure]:
    """Return the median server time of each page, and its queries, beside the queue with nothing in it."""
    with fresh_database(), override_settings(ALLOWED_HOSTS=["testserver"]):
        officer = User.objects.create_superuser("bench")
        other = User.objects.create_user("other")
        client = Client()
        client.force_login(officer)
        empty = time_page(client, QUEUE)
        _fill(officer.pk, other.pk)
        cache.clear()
        return list(_measure_pages(client, empty))


def _fill(officer: int, other: int) -> None:
    given = {"officer": officer, "other": other}
    with connection.cursor() as cursor:
        cursor.execute(ADD_REQUESTS, {**given, "prefix": "O", "closed": False, "days": 34, "count": OPEN})
        cursor.execute(ADD_REQUESTS, {**given, "prefix": "C", "closed": True, "days": 700, "count": CLOSED})
        cursor.execute(ADD_STEPS)
        cursor.execute("VACUUM ANALYZE consent_requests_request, consent_requests_step")


def _measure_pages(client: Client, empty: float) -> Iterator[Figure]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() + interval '3 days')::date, id FROM consent_requests_request LIMIT 1")
        day, request = cursor.fetchone()
    pages = {name: QUEUE + address.format(day=day, request=request) for name, address in PAGES.items()}
    yield from measure_pages(client, pages, floor="the queue with nothing in it", seconds=empty)
