"""Officers find a person, read their page, and nothing that names the person is left behind."""

import logging
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from activation.desk.person.models import PersonVisit
from activation.desk.person.tasks import forget_visits
from tests.enforcement_world import GERMAN, REFUSED, WITHDRAWN, make_world, record_choices, write_csv
from tests.person_world import (
    FIND,
    LIST,
    REASON,
    ask,
    find_one,
    list_audited,
    list_texts,
    look,
    officer,
    page_of,
    text_of,
)
from tests.simulation_world import find
from tests.tracing_world import browse, link, send

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _world() -> None:
    make_world()


def test_an_officer_finds_a_person_and_reads_what_holds_now() -> None:
    client = officer()

    answer = ask(client)
    visit = PersonVisit.objects.get()

    assert answer.url == page_of(visit)
    shown = client.get(answer.url)
    page = text_of(shown)
    assert "no-store" in shown["Cache-Control"]
    assert "Audiences" in page
    assert "said yes" in page
    assert "customer id" in page.lower()
    assert GERMAN not in page
    assert REASON in page
