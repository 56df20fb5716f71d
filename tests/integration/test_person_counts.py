"""A person's page takes as many statements, however much happened to them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activation.enforcement.suppression.models import Suppression
from activation.enforcement.suppression.reaching import list_taken_out
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import GERMAN, REFUSED, make_world, record_choices
from tests.person_world import find_one, look, officer, page_of, text_of
from tests.simulation_world import find
from tests.suppression_world import make_holding, make_suppression
from tests.tracing_world import link

pytestmark = pytest.mark.django_db
PAGE, ANSWER = 35, 20
"""Statements of the page, signing in included, of somebody without signals; and what an answer of the engine
adds."""


def count(address: str) -> int:
    client = officer()
    client.get(address)
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)


def test_the_page_of_one_event_and_of_a_thousand_take_the_same_statements() -> None:
    make_world()
    few = page_of(find_one(Identifier(IdentifierKind.CUSTOMER_ID, REFUSED)))
    for _ in range(250):
        record_choices(GERMAN, "DE", "granted", "withdrawn", "shown", "granted")
    many = page_of(find_one())

    asked = "?why-purpose=advertising.audience&why-destination=ads"

    assert (count(few), count(f"{few}{asked}") - count(few)) == (PAGE, ANSWER)
    assert (count(many), count(f"{many}{asked}") - count(many)) == (PAGE, ANSWER)


def test_twenty_linked_subjects_and_many_suppressions_take_the_same_statements() -> None:
    make_world()
    for number in range(100, 120):
        record_choices(f"{number:05}", "DE", "granted")
        link(GERMAN, f"{number:05}")
    holding = make_holding()
    for _ in range(30):
        make_suppression(holding, find(GERMAN))
    client = officer()

    page = text_of(client.get(look(client)))

    assert "21 subjects are linked and count as one person" in page
    with CaptureQueriesContext(connection) as many:
        assert len(list_taken_out([find(GERMAN)])) == 30
    Suppression.objects.exclude(pk=Suppression.objects.latest("pk").pk).delete()
    with CaptureQueriesContext(connection) as one:
        assert len(list_taken_out([find(GERMAN)])) == 1
    assert len(many) == len(one)
