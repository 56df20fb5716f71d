"""An officer records a no for a person: once, on record, and never a yes."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from activation.checks.queries import check
from activation.decisions.types import Question
from activation.desk.person.acting import NewNo, record_no
from activation.desk.person.models import PersonAct, PersonVisit
from activation.desk.person.types import Way
from activation.enforcement.suppression.finding.services import follow_feed
from consent.records.models import ConsentRecord
from consent.records.services import record_rows
from consent.records.types import Choice, NewChoice, NewRow
from consent.subjects.services import erase_subject
from consent.subjects.types import Identifier, IdentifierKind
from tests.enforcement_world import GERMAN, JUNE_1, QUESTION, make_world, write_csv
from tests.integration.test_parallel_writers import in_parallel
from tests.ledger_world import sequence_all
from tests.person_world import act_of, find_one, list_audited, look, officer, page_of, text_of
from tests.simulation_world import find
from tests.tracing_world import link, send

pytestmark = pytest.mark.django_db
ASKED = Question(
    purpose=QUESTION["purpose"], destination=QUESTION["destination"], controller=QUESTION["controller"]
)


@pytest.fixture
def _world() -> None:
    make_world()


def count_noes() -> int:
    return ConsentRecord.objects.filter(source__startswith="desk").count()


@pytest.mark.usefixtures("_world")
def test_a_withdrawal_is_recorded_once_however_often_the_form_is_sent() -> None:
    client = officer()
    address = look(client)
    told = act_of(text_of(client.get(address)))
    act = f"{address[:-7]}act/"

    first: Any = client.post(act, told)
    page = text_of(client.get(first.url))
    again = text_of(client.post(act, told, follow=True))

    assert first.url == address
    assert count_noes() == 1
    assert "withdrew consent" in page
    assert "said of everything" in page
    assert "You recorded a no for them" in page
    assert "once, not twice" in again
    assert act_of(page)["token"] != told["token"]
    asked = Identifier(IdentifierKind.CUSTOMER_ID, GERMAN)
    assert check(identifiers=[asked], question=ASKED, at=timezone.now()).reason == "withdrawn"


@pytest.mark.usefixtures("_world")
def test_who_recorded_it_and_how_they_were_told_is_on_record_and_names_nobody() -> None:
    client = officer()
    address = look(client)
    told = {**act_of(text_of(client.get(address))), "note": "call 12", "purpose": "advertising.audience"}

    client.post(f"{address[:-7]}act/", told)

    [act] = list_audited("person_acted_for")
    visit = PersonVisit.objects.get()
    assert act["officer"] == visit.officer_id
    assert (act["choice"], act["way"], act["note"], act["records"]) == ("withdrawn", "phone", "call 12", 1)
    assert act["act"] == told["token"]
    assert GERMAN not in str(act)
    assert find(GERMAN) not in str(act)
    record = ConsentRecord.objects.get(source__startswith="desk")
    assert record.source == f"desk, act {told['token']}"
    assert (record.method, record.form, record.controller) == ("phone", "desk", "")


@pytest.mark.usefixtures("_world")
@pytest.mark.parametrize(
    "changes",
    [
        {"choice": "granted"},
        {"choice": "confirmed"},
        {"choice": "objection_overruled"},
        {"purpose": "marketing.pigeons"},
        {"controller": "nobody"},
        {"way": "dream"},
        {"token": "1"},
        {"token": ""},
        {"note": "of alice@customers.example"},
        {"note": f"it was {GERMAN}"},
        {"note": "x" * 201},
    ],
)
def test_a_yes_and_what_is_odd_is_refused_and_nothing_is_written(changes: dict[str, str]) -> None:
    client = officer()
    address = look(client)
    told = {**act_of(text_of(client.get(address))), **changes}

    answer = client.post(f"{address[:-7]}act/", told, follow=True)

    assert "Nothing was recorded" in text_of(answer)
    assert not count_noes()
    assert not PersonAct.objects.exists()
    assert not list_audited("person_acted_for")
    assert client.get(f"{address[:-7]}act/").status_code == 405  # it only acts: nobody reads it


@pytest.mark.usefixtures("_world")
def test_a_no_of_a_stranger_counts_from_then_on() -> None:
    client = officer()
    address = look(client, value="99999")
    page = text_of(client.get(address))
    assert "Nobody was found." in page

    client.post(f"{address[:-7]}act/", {**act_of(page), "choice": "opted_out"})

    after = text_of(client.get(address))
    assert "Nobody was found." not in after
    assert "opted out" in after


@pytest.mark.usefixtures("_world")
def test_nothing_is_recorded_for_the_erased() -> None:
    visit = find_one()
    erase_subject(ref=find(GERMAN), requested_by="request:7", at=timezone.now())
    client = officer()
    told = {"choice": "withdrawn", "purpose": "*", "way": "phone", "token": str(uuid4())}

    page = text_of(client.post(f"{page_of(visit)[:-7]}act/", told, follow=True))

    assert "Nothing was recorded" in page
    assert not PersonAct.objects.exists()


@pytest.mark.usefixtures("_world")
def test_a_no_by_reference_reaches_whom_it_names_and_those_linked() -> None:
    link(GERMAN, "00002")
    client = officer()
    address = look(client, kind="subject_ref", value=find(GERMAN))

    client.post(f"{address[:-7]}act/", act_of(text_of(client.get(address))))

    asked = Identifier(IdentifierKind.CUSTOMER_ID, "00002")
    assert check(identifiers=[asked], question=ASKED, at=timezone.now()).reason == "withdrawn"


@pytest.mark.usefixtures("_world")
def test_the_clock_of_each_destination_that_holds_them_is_on_the_page(tmp_path: Path) -> None:
    write_csv(tmp_path)
    send(tmp_path)
    follow_feed()
    client = officer()
    address = look(client)
    client.post(f"{address[:-7]}act/", act_of(text_of(client.get(address))))
    sequence_all()
    follow_feed()

    page = text_of(client.get(address))

    assert "withdrawal: withdrawn" in page
    assert "the destination is not connected" in page


@pytest.mark.usefixtures("_world")
def test_a_request_opens_with_what_they_are_known_by_and_the_address_names_nobody() -> None:
    client = officer("olga", "handle_requests", "view_request")
    address = look(client)
    page = text_of(client.get(address))
    [link_address] = re.findall(r'href="(/admin/consent_requests/request/add/\?for=[0-9a-f-]{36})"', page)

    form = text_of(client.get(link_address))

    assert GERMAN not in link_address
    assert f'value="{GERMAN}"' in form
    assert '<option value="customer_id" selected>' in form
    assert list_audited("person_read")[-1]["shown"] == "identifier_in_an_entry_form"
    other = officer("oskar", "handle_requests", "view_request")
    refused = text_of(other.get(link_address))
    assert GERMAN not in refused
    assert "The form is not filled in" in refused
    assert "The form is not filled in" in text_of(client.get("/admin/consent_requests/request/add/?for=x"))


@pytest.mark.usefixtures("committed_database", "_world")
def test_the_same_form_sent_at_once_from_two_tabs_is_recorded_once() -> None:
    visit = find_one()
    told = NewNo(token=uuid4(), choice=Choice.WITHDRAWN, purpose="*", controller="", way=Way.PHONE)

    found = in_parallel([lambda: record_no(visit, told, at=timezone.now())] * 2)

    assert sorted(found) == [0, 1]
    assert count_noes() == 1


def test_without_a_policy_in_force_the_page_stands_and_a_no_to_everything_is_recorded() -> None:
    asked = Identifier(IdentifierKind.CUSTOMER_ID, GERMAN)
    said = NewChoice(purpose="marketing.email", choice=Choice.GRANTED, controller="shop", effective_at=JUNE_1)
    record_rows(rows=[NewRow((asked,), (said,), ())], source="test", at=JUNE_1)
    client = officer()
    address = look(client)

    page = text_of(
        client.get(f"{address}?why-purpose=marketing.email&why-destination=ads&why-controller=shop")
    )
    client.post(f"{address[:-7]}act/", act_of(page))

    assert "No policy is in force" in page
    assert "<bdi>policy_unavailable</bdi>" in page
    assert "said yes" in page
    assert "said of everything" in text_of(client.get(address))
