"""Officers find a person, read their page, and nothing that names the person is left behind."""

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
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


def test_each_look_is_on_record_in_the_transaction_that_shows_it_and_names_nobody() -> None:
    client = officer()
    page = look(client)
    text_of(client.get(page))
    text_of(client.get(f"{page}?why-purpose=advertising.audience&why-destination=ads"))

    told = list_audited("person_read")

    visit = PersonVisit.objects.get()
    assert [one["shown"] for one in told] == ["whether_found", "person_page", "answer_of_the_engine"]
    assert {one["visit"] for one in told} == {str(visit.pk)}
    assert {one["officer"] for one in told} == {visit.officer_id}
    assert {one["reason"] for one in told} == {REASON}
    assert told[0]["outcome"] == "found"
    assert not [one for one in told if find(GERMAN) in str(one) or GERMAN in str(one)]


def test_a_page_that_cannot_be_put_on_record_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    client = officer()
    page = look(client)
    client.raise_request_exception = False

    def fail(**_: object) -> None:
        raise RuntimeError("the ledger is away")

    monkeypatch.setattr("activation.desk.person.visits.ledger.append", fail)

    assert client.get(page).status_code == 500
    assert ask(client).status_code == 503  # the audit trail comes first: it keeps the look-up from beginning
    assert PersonVisit.objects.count() == 1


def test_an_identifier_is_in_no_address_no_log_no_session_and_no_row(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.INFO, logger="django.db.backends")
    secret = "zoe.zephyr@customers.example"
    record_choices("90001", "DE", "granted")
    client = officer()

    answer = ask(client, kind="email", value=secret)
    page = client.get(answer.url)

    assert page.status_code == 200
    visit = PersonVisit.objects.get()
    left = [answer.url, *list_texts(), *(str(one.get_decoded()) for one in Session.objects.all())]
    assert not [one for one in left if "zephyr" in one]
    assert "zephyr" not in caplog.text
    assert visit.sealed
    assert "zephyr" not in page.content.decode()


def test_nobody_else_opens_a_look_up() -> None:
    page = look(officer())
    other = officer("oskar")

    refused = text_of(other.get(page), 403)

    assert "look them up yourself" in refused
    assert GERMAN not in refused
    assert text_of(other.get(f"{page[:-7]}receipts/rec_{'0' * 32}/"), 403)
    assert text_of(other.post(f"{page[:-7]}act/", {}), 403)
    assert len(list_audited("person_read")) == 1


def test_whoever_may_not_find_people_finds_none() -> None:
    page = look(officer())
    nobody = browse("nobody", "view_personvisit", "act_for_person")

    assert nobody.get(FIND).status_code == 403
    assert ask(nobody).status_code == 403
    assert nobody.get(page).status_code == 403
    assert nobody.post(f"{page[:-7]}act/", {}).status_code == 403
    assert Client().get(page).status_code == 302
    shown = text_of(nobody.get(LIST))
    assert REASON in shown
    assert "Find a person" not in shown
    assert officer().get(f"{LIST}{uuid4()}/change/").status_code == 404


def test_whoever_may_only_read_sees_no_form_that_acts() -> None:
    reader = browse("reader", "find_person")
    page = look(reader)

    assert "Record a no" not in text_of(reader.get(page))
    assert reader.post(f"{page[:-7]}act/", {}).status_code == 403


def test_a_look_up_that_is_over_says_so_and_is_forgotten() -> None:
    client = officer()
    page = look(client)
    PersonVisit.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    over = text_of(client.get(page), 410)

    assert "look the person up again" in over
    assert f'href="{FIND}"' in over
    assert forget_visits() == 1
    assert forget_visits() == 0
    visit = PersonVisit.objects.get()
    assert (visit.kek_version, bytes(visit.sealed)) == (0, b"")
    assert text_of(client.get(page), 410)


def test_old_look_ups_go(settings: Any) -> None:
    find_one()
    settings.PERSON_VISITS_KEPT = timedelta(0)

    forget_visits()

    assert not PersonVisit.objects.exists()


def test_an_officer_who_looks_too_often_waits_and_others_do_not(settings: Any) -> None:
    settings.PERSON_LOOKUPS_PER_HOUR = 2
    client = officer()
    look(client)
    look(client)

    answer = ask(client)

    assert "within an hour" in text_of(answer, 429)
    assert int(answer["Retry-After"]) > 0
    assert PersonVisit.objects.count() == 2
    look(officer("oskar"))
    PersonVisit.objects.update(visited_at=timezone.now() - timedelta(hours=1, seconds=1))
    look(client)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "email", "value": "no address"}, "is no e-mail address"),
        ({"value": "\0"}, "Null characters are not allowed"),
        ({"value": ""}, "This field is required"),
        ({"kind": "shoe_size"}, "not one of the available choices"),
        ({"access": "curiosity"}, "not one of the available choices"),
        ({"reason": ""}, "This field is required"),
        ({"reason": "of alice@customers.example"}, "the reason names somebody"),
        ({"reason": f"about {GERMAN}"}, "the reason names somebody"),
    ],
)
def test_what_cannot_be_looked_up_is_refused_with_what_to_do(changes: dict[str, str], words: str) -> None:
    page = text_of(ask(officer(), **changes))

    assert words in page
    assert not PersonVisit.objects.exists()
    assert not list_audited("person_read")


def test_nobody_several_and_the_erased_are_told_apart_and_logged() -> None:
    client = officer()
    stranger = text_of(client.get(look(client, value="no-such-customer")))
    reference = text_of(client.get(look(client, kind="subject_ref", value="no-such-reference")))
    known = text_of(client.get(look(client, kind="subject_ref", value=find(GERMAN))))

    assert "Nobody was found." in stranger
    assert "Nobody was found." in reference
    assert "said yes" in known
    assert [one["outcome"] for one in list_audited("person_read") if "outcome" in one] == [
        "nobody",
        "nobody",
        "found",
    ]


def test_the_page_says_what_comes_from_whom_and_what_is_inherited() -> None:
    link(GERMAN, WITHDRAWN)
    client = officer()

    page = text_of(client.get(look(client)))

    assert "2 subjects are linked and count as one person" in page
    assert "withdrew consent" in page
    assert f"by …{find(WITHDRAWN)[-6:]}" in page
    assert "one person since" in page
    assert "Lives in: <bdi><strong>DE</strong></bdi>" in page


def test_the_timeline_has_pages_filters_and_receipts(tmp_path: Path) -> None:
    for _ in range(20):
        record_choices(GERMAN, "DE", "granted", "withdrawn")
    client = officer()
    address = look(client)

    page = text_of(client.get(address))
    [more] = re.findall(r'href="(\?behind=rec_[0-9a-f]{32}#timeline)"', page)
    second = text_of(client.get(f"{address}{more.partition('#')[0]}"))

    first_ids, second_ids = (set(re.findall(r"receipts/(rec_[0-9a-f]{32})/", one)) for one in (page, second))
    assert len(first_ids) == 25
    assert len(second_ids) == 41 - 25
    assert not first_ids & second_ids
    filtered = text_of(client.get(f"{address}?kind=withdrawn&purpose=advertising.audience"))
    assert len(re.findall(r"receipts/(rec_[0-9a-f]{32})/", filtered)) == 20
    facts = text_of(client.get(f"{address}?kind=facts"))
    assert "Lives in: DE" in facts
    assert "receipts/" not in facts
    assert "Nothing of that kind." in text_of(client.get(f"{address}?kind=objected"))
    for odd in ("?kind=nonsense", "?behind=nonsense", "?behind=rec_" + "f" * 32, "?purpose=%00"):
        assert text_of(client.get(f"{address}{odd}"))


def test_a_receipt_is_handed_out_of_their_records_alone_and_is_on_record() -> None:
    client = officer()
    address = look(client)
    page = text_of(client.get(address))
    own = re.findall(r'href="([^"]+/receipts/rec_[0-9a-f]{32}/)"', page)[0]
    theirs = text_of(client.get(look(client, value=REFUSED)))
    other = re.findall(r"/receipts/(rec_[0-9a-f]{32})/", theirs)[0]

    answer = client.get(own)

    assert answer.status_code in {200, 404}
    assert "no such record" in text_of(client.get(f"{address[:-7]}receipts/{other}/"), 404)
    assert "no such record" in text_of(client.get(f"{address[:-7]}receipts/rec_nonsense/"), 404)


def test_the_page_says_who_holds_them_and_since_when(tmp_path: Path) -> None:
    write_csv(tmp_path)
    send(tmp_path)
    client = officer("olga", "trace_subject")
    address = look(client)

    page = text_of(client.get(address))
    traced: Any = client.post(f"{address[:-7]}trace/")

    assert "Held now" in page
    assert "Sent (UTC)" in page
    assert "Taken out, or to be taken out" in page
    assert "/tracereport/" in traced.url
    assert client.get(f"{address[:-7]}trace/").status_code == 405  # it only acts: nobody reads it
    assert "received" in text_of(client.get(traced.url))


def test_hostile_and_long_texts_are_shown_as_texts() -> None:
    client = officer()
    hostile = '"><script>alert(1)</script>'
    look(client, value=hostile, reason=f"case {hostile[2:]}")
    address = page_of(PersonVisit.objects.get())
    query = (
        f"?why-purpose={hostile}&why-destination={'x' * 200}&why-controller={hostile}&kind=&purpose={hostile}"
    )

    page = client.get(address + query).content.decode()

    assert hostile not in page
    assert "<script>alert" not in page
