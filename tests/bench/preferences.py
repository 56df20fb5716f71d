"""The page of choices as a browser meets it: 30 purposes, and somebody who has said a thousand things."""

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from playwright.sync_api import Page

from consent.ledger.queries import get_time
from consent.policies.document.writing import write_yaml
from consent.policies.services import import_policy, publish
from consent.records.services import record_rows
from consent.records.types import Choice, NewChoice, NewRow
from tests.acceptance.served import opened_in, served_as_in_production, started
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.policy_documents import Document, read_retailer
from tests.policy_officers import approve, make_officer, submit
from tests.preference_pages_world import ANN, CHOICES, come_in

PURPOSES, EVENTS, ROUNDS = 30, 1000, 15
_PAINTS = """() => new Promise(done => {
    const figures = {shift: 0};
    new PerformanceObserver(list => list.getEntries().forEach(one => {
        if (!one.hadRecentInput) figures.shift += one.value;
    })).observe({type: 'layout-shift', buffered: true});
    new PerformanceObserver(list => { figures.largest = list.getEntries().at(-1).startTime; })
        .observe({type: 'largest-contentful-paint', buffered: true});
    setTimeout(() => {
        figures.first = performance.getEntriesByName('first-contentful-paint')[0].startTime;
        figures.answered = performance.getEntriesByType('navigation')[0].responseEnd;
        done(figures);
    }, 500);
})"""


def measure() -> Sequence[Figure]:
    """Return what a visitor waits for, and what the server spends on it, with few events and with many."""
    with fresh_database(), override_settings(ALLOWED_HOSTS=["*"]):
        _publish()
        _say(10)
        client = come_in()
        few, _ = _time(client)
        _say(EVENTS - 10)
        many, statements = _time(client)
        floor = f"with 10 events, {few:.0f} ms"
        return [
            Figure("server time of the page, 1,000 events", many, "ms", floor, many / few),
            Figure("SQL statements of the page", statements, ""),
            *_browse(client),
        ]


def _time(client: Client) -> tuple[float, int]:
    client.get(CHOICES)
    times = []
    for _ in range(ROUNDS):
        started_at = time.perf_counter()
        client.get(CHOICES)
        times.append((time.perf_counter() - started_at) * 1000)
    with CaptureQueriesContext(connection) as statements:
        client.get(CHOICES)
    return statistics.median(times), len(statements)


def _browse(client: Client) -> list[Figure]:
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    os.environ.setdefault("CHROMIUM_PATH", shutil.which("chromium") or "chromium")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    with (
        tempfile.TemporaryDirectory() as folder,
        served_as_in_production(Path(folder)) as address,
        started() as browser,
        opened_in(browser, address, session=session) as page,
    ):
        return _look(page)


def _look(page: Page) -> list[Figure]:
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - Playwright marks it
    page.goto(CHOICES, wait_until="networkidle")
    sizes = [one.request.sizes() for one in answers if not one.url.startswith("data:")]
    whole = sum(one["responseBodySize"] + one["responseHeadersSize"] for one in sizes)
    figures = page.evaluate(_PAINTS)
    return [
        Figure("bytes transferred, headers and all", whole, "bytes"),
        Figure("requests", len(sizes), ""),
        Figure("page answered", figures["answered"], "ms"),
        Figure("first contentful paint", figures["first"], "ms"),
        Figure("largest contentful paint", figures.get("largest", figures["first"]), "ms"),
        Figure("cumulative layout shift", figures["shift"], ""),
    ]


def _widened() -> Document:
    """Return the retailer's policy with as many purposes as a page may have."""
    document = read_retailer()
    rule = next(one for one in document["rules"] if one["id"] == "measurement-consent")
    model = document["purposes"]["analytics.measurement"]
    for number in range(PURPOSES - 8):
        slug = f"marketing.sms.list_{number:02d}"
        document["purposes"][slug] = {**model, "title": f"News about subject {number}"}
        document["notices"]["privacy"]["versions"]["3"]["purposes"].append(slug)
        rule["purposes"].append(slug)
    return document


def _publish() -> None:
    at = get_time() - timedelta(days=1)
    draft = import_policy(text=write_yaml(_widened()), author_id=make_officer("alice").pk, at=at)
    submit(draft)
    approve(draft)
    publish(version_id=draft.version_id, effective_at=at, at=at)


def _say(count: int) -> None:
    at = get_time() - timedelta(days=count)
    slugs = [f"marketing.sms.list_{number:02d}" for number in range(PURPOSES - 8)]
    rows = [
        NewRow(
            (ANN,),
            (
                NewChoice(
                    purpose=slugs[number % len(slugs)],
                    choice=Choice.GRANTED if number % 3 else Choice.WITHDRAWN,
                    effective_at=at + timedelta(hours=number),
                    controller="northwind",
                    notice="privacy",
                    notice_version=3,
                ),
            ),
            (),
        )
        for number in range(count)
    ]
    record_rows(rows=rows, source="bench", at=get_time())
