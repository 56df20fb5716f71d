"""Rows as of a house with a million people and ten million events, in small rows: written by SQL alone."""

import os
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import connection

from tests.bench.requests.queue import ADD_REQUESTS, ADD_STEPS

SUBJECTS, EVENTS = 1_000_000, 10_000_000
_STATEMENTS = (
    # The ledger: the page reads its ends only, by their keys. The envelope is a byte: nobody opens it.
    """
    INSERT INTO consent_ledger_leaf
        (index, stream, kind, event_id, subject_ref, subject_version, envelope, leaf_hash, recorded_at)
    SELECT n, 'consent', 'choice_recorded', 'e' || n, 's' || n %% %(subjects)s,
        1 + n / %(subjects)s, '\\x00', '\\x00', now() - (%(events)s - n) * interval '3 seconds'
    FROM generate_series(0, %(events)s - 1) AS n
    """,
    """
    INSERT INTO consent_ledger_checkpoint (number, size, root, note)
    SELECT n - 1, n * 10, '\\x00', '\\x00' FROM generate_series(1, %(events)s / 10) AS n
    """,
    """
    INSERT INTO activation_desk_choicecount (day, purpose, jurisdiction, choice, count)
    SELECT current_date - day, 'purpose.' || purpose, place, choice, 1 + (day + purpose) %% 40
    FROM generate_series(0, 399) AS day, generate_series(1, 20) AS purpose,
        unnest(ARRAY['DE', 'FR', 'ES', 'IT', 'GB', 'US-CA', 'US-NY', 'BR', 'PT', 'AT', 'CH', '']) AS place,
        unnest(ARRAY['granted', 'refused', 'dismissed', 'withdrawn']) AS choice
    """,
    """
    INSERT INTO activation_desk_countposition (name, position, last_hash)
    VALUES ('choices', %(events)s, '\\x00')
    """,
    """
    INSERT INTO activation_destinations_destination
        (slug, kind, title, registered_at, registered_by, connector, connected_at, settings, resource_type,
         connected_by)
    SELECT 'ads-' || n, 'ad_platform', 'Ads ' || n, now(), 'bench', 'webhook', now(), '{}', 'destination', ''
    FROM generate_series(1, 20) AS n
    """,
    """
    INSERT INTO activation_enforcement_enforcementrun
        (id, purpose, destination, controller, status, decided_at, started_at, finished_at, input, output,
         rows_in, allowed, denied, denied_by_reason, policy_version, policy_digest, watermark,
         states_watermark, canaries, delivery, delivery_terms, delivery_reference, pulled_back,
         manifest_digest, lineage, error)
    SELECT gen_random_uuid(), 'purpose.1', 'ads-' || 1 + n %% 20, 'shop', 'completed', at, at, at, '',
        'out' || n,
        100, 60, 40, '{"withdrawn": 20, "no_record": 15, "expired": 5}', 1, '', 1, 0, 6, 'acknowledged', '{}',
        '', 0, 'sha256:0', '{}', ''
    FROM (SELECT n, now() - n * interval '5 minutes' AS at FROM generate_series(1, %(runs)s) AS n) AS numbered
    """,
)


@dataclass(frozen=True, slots=True)
class House:
    """How much there is of what."""

    subjects: int
    events: int
    runs: int
    suppressions: int
    requests: int


def measure_house() -> House:
    """Return the house that the environment asks for: `ACCORDANT_BENCH_SCALE`, 1 for the whole of it."""
    scale = float(os.environ.get("ACCORDANT_BENCH_SCALE", "1"))
    return House(
        subjects=max(int(SUBJECTS * scale), 100),
        events=max(int(EVENTS * scale), 1000),
        runs=max(int(100_000 * scale), 100),
        suppressions=max(int(SUBJECTS * scale), 100),
        requests=max(int(100_000 * scale), 100),
    )


def fill(house: House) -> None:
    """Write the rows that the home page reads. Triggers rest meanwhile: they would check each row."""
    numbers = {"subjects": house.subjects, "events": house.events, "runs": house.runs}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for statement in _STATEMENTS:
            cursor.execute(statement, numbers)
        _fill_suppressions(house)
        _fill_requests(house)
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("ANALYZE")


def _fill_suppressions(house: House) -> None:
    """Write suppressions of the last month, one in a thousand of them not done yet."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLDINGS)
        cursor.execute(_SUPPRESSIONS, {"count": house.suppressions})


def _fill_requests(house: House) -> None:
    """Write requests as the queue's bench does: one open one to two closed ones, with three steps each."""
    officer, other = (User.objects.create_user(name).pk for name in ("handler", "other"))
    given: dict[str, int | str | bool] = {"officer": officer, "other": other}
    with connection.cursor() as cursor:
        for prefix, closed, days, count in (("O", False, 34, 1), ("C", True, 700, 2)):
            given |= {"prefix": prefix, "closed": closed, "days": days, "count": house.requests * count}
            cursor.execute(ADD_REQUESTS, given)
        cursor.execute(ADD_STEPS)


_HOLDINGS = """
    INSERT INTO activation_enforcement_holding
        (destination, audience, purpose, controller, kek_version, wrapped, sealed)
    SELECT 'ads-' || n, 'customers', 'purpose.1', 'shop', 1, '', '' FROM generate_series(1, 20) AS n
"""
_SUPPRESSIONS = """
    INSERT INTO activation_enforcement_suppression
        (holding_id, destination, subject_ref, cause, reason, recorded_at, enforced_at, state, is_urgent,
         goes_alone, sealed, ended_at, ended_by, error)
    SELECT holding.id, holding.destination, 's' || n, 'withdrawal', 'withdrawn', at,
        at + interval '0.4 seconds', CASE WHEN n %% 1000 = 0 THEN 'waiting' ELSE 'acknowledged' END, true,
        false, '', CASE WHEN n %% 1000 = 0 THEN NULL ELSE at + (n %% 9) * interval '1 second' END, '', ''
    FROM (
        SELECT n, now() - (n %% 2592000) * interval '1 second' AS at FROM generate_series(1, %(count)s) AS n
    ) AS numbered
    JOIN activation_enforcement_holding AS holding ON holding.destination = 'ads-' || 1 + n %% 20
"""
