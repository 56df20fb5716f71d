"""A person's page among a million subjects and ten million events: server time and statements."""

from collections.abc import Iterator, Sequence

from django.db import connection
from django.test import Client
from django.test.utils import override_settings

from tests.bench.database import fresh_database
from tests.bench.desk.filling import measure_house
from tests.bench.pages import measure_pages, time_page
from tests.bench.report import Figure
from tests.enforcement_world import GERMAN, REFUSED, make_world, record_choices
from tests.person_world import look, officer

OWN = 1_000
ASKED = "?why-purpose=advertising.audience&why-destination=ads"
_ADD_SUBJECTS = """
    INSERT INTO consent_subjects_subject (ref, version) SELECT 'bench' || n, %(each)s
    FROM generate_series(1, %(subjects)s) AS n
"""
_ADD_RECORDS = """
    INSERT INTO consent_records_consentrecord (
        record_id, subject_ref, version, purpose, choice, controller, destination, notice, notice_version,
        method, form, effective_at, recorded_at, explicit, by_guardian, after_conflict_notice, back_dated,
        refers_to, source
    )
    SELECT 'rec_' || lpad(to_hex(n * %(each)s + version), 32, '0'), 'bench' || n, version,
        'advertising.audience', CASE WHEN (n + version) %% 3 = 0 THEN 'withdrawn' ELSE 'granted' END,
        'shop', '', 'privacy', 1, 'checkbox', 'account', now() - version * interval '1 day',
        now() - version * interval '1 day', false, false, false, false, '', 'bench'
    FROM generate_series(1, %(subjects)s) AS n, generate_series(1, %(each)s) AS version
"""
_ADD_CURRENT = """
    INSERT INTO consent_records_currentchoice (
        subject_ref, purpose, controller, destination, record_id, choice, effective_at, version,
        recorded_at, notice, notice_version, back_dated, reviewed
    )
    SELECT subject_ref, purpose, controller, destination, record_id, choice, effective_at, version,
        recorded_at, notice, notice_version, back_dated, false
    FROM consent_records_consentrecord WHERE version = 1 AND source = 'bench'
"""


def measure() -> Sequence[Figure]:
    """Return the median server time of the page of somebody with few events, and of one with `OWN` of them.

    The floor is the form that finds people, which reads nothing of anybody.
    """
    house = measure_house()
    with (
        fresh_database(),
        override_settings(
            ALLOWED_HOSTS=["testserver"], UNMARKED_SESSIONS_ALLOWED=True, PERSON_LOOKUPS_PER_HOUR=10_000
        ),
    ):
        make_world()
        for _ in range(OWN // 4):
            record_choices(GERMAN, "DE", "granted", "withdrawn", "shown", "granted")
        _fill(house.subjects, max(1, house.events // house.subjects))
        return [
            Figure("people", house.subjects, ""),
            Figure("events", house.events, ""),
            *_measure(officer("bench")),
        ]


def _fill(subjects: int, each: int) -> None:
    given = {"subjects": subjects, "each": each}
    with connection.cursor() as cursor:
        cursor.execute(_ADD_SUBJECTS, given)
        cursor.execute(_ADD_RECORDS, given)
        cursor.execute(_ADD_CURRENT)
        cursor.execute("VACUUM ANALYZE consent_subjects_subject, consent_records_consentrecord")
        cursor.execute("VACUUM ANALYZE consent_records_currentchoice")


def _measure(client: Client) -> Iterator[Figure]:
    floor = time_page(client, "/admin/activation_desk/personvisit/find/")
    few, many = look(client, value=REFUSED), look(client)
    pages = {
        "person page, few events": few,
        "person page, many events": many,
        "person page, many events, withdrawals": f"{many}?kind=withdrawn",
        "person page, an answer of the engine": f"{many}{ASKED}",
    }
    yield from measure_pages(client, pages, floor="the form that finds people", seconds=floor)
