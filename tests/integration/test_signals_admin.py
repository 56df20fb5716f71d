"""Officers read in the admin what became of signals: in a list, on pages, in a file. Never what they said."""

import re
from html import unescape

import pytest
from django.contrib.admin.utils import quote
from django.test import Client
from django.urls import reverse

from consent.ledger.models import Leaf
from consent.records.models import ConsentRecord, RecordedSignal
from tests.ledger_world import sequence_all
from tests.person_world import text_of
from tests.signals_world import ADS, DAY, EVERYTHING, NOON, choose, make_tc, publish_policy, say, signals
from tests.simulation_world import find
from tests.tracing_world import browse

pytestmark = pytest.mark.django_db
LIST = "/admin/consent_records/recordedsignal/"
SIGHT = ("view_recordedsignal", "view_consentrecord")
TEXT = make_tc(*EVERYTHING)


@pytest.fixture(autouse=True)
def _signals(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put on record a TC string of one person, and a GPC of another that conflicts with their yes."""
    publish_policy()
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    say(signals=signals(tcf=TEXT))
    other = [{"kind": "customer_id", "value": "00002"}]
    say(identifiers=other, facts=[], choices=[choose(ADS, "granted", NOON - DAY)])
    say(identifiers=other, facts=[], signals=signals(gpc="1"))
    sequence_all()


def officer(*more: str) -> Client:
    """Return the browser of an officer who may see signals."""
    return browse("olga", *SIGHT, *more)


def rows(page: str) -> str:
    """Return the words of a list's rows."""
    [table] = re.findall(r'<table[^>]*id="result_list"[^>]*>(.*?)</table>', page)
    return words(table)


def words(page: str) -> str:
    """Return a page's words without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def page_of(kind: str) -> str:
    return f"{LIST}{quote(RecordedSignal.objects.get(kind=kind).pk)}/change/"


def test_the_list_names_kind_conflicts_and_subject_and_no_text() -> None:
    page = text_of(officer().get(LIST))

    assert "TC string" in rows(page)
    assert "Global Privacy Control" in rows(page)
    assert find("00001") in page
    assert TEXT not in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("kind=tcf", ["TC string"]),
        ("kind=gpc", ["Global Privacy Control"]),
        ("kind=usp", []),
        ("conflict=yes", ["Global Privacy Control"]),
        ("conflict=no", ["TC string"]),
        ("recorded_at__year=2019", []),
        ("q=nobody", []),
    ],
)
def test_the_list_is_filtered_by_kind_conflict_and_time(query: str, shown: list[str]) -> None:
    page = text_of(officer().get(f"{LIST}?{query}"))

    found = rows(page) if shown else ""
    for kind in ("TC string", "Global Privacy Control"):
        assert (kind in found) is (kind in shown)
    assert ('id="result_list"' in page) is bool(shown)


def test_the_page_of_one_tells_what_became_of_it_and_leads_to_its_evidence() -> None:
    page = text_of(officer("view_leaf").get(page_of("gpc")))

    assert (
        "advertising.targeted : the Global Privacy Control said no (opt-out signal); the person's own choice"
        " said yes. What came is followed, no (opt-out signal): a no is honoured against an earlier yes."
    ) in words(page)
    [record] = ConsentRecord.objects.filter(refers_to__startswith="sig_", choice="opt_out_signal")
    assert reverse("admin:consent_records_consentrecord_change", args=[quote(record.pk)]) in page
    signal = RecordedSignal.objects.get(kind="gpc")
    leaf = Leaf.objects.get(event_id=signal.pk)
    assert reverse("admin:consent_ledger_leaf_change", args=[leaf.pk]) in page
    assert signal.mapping_digest in page


def test_what_a_string_says_is_on_no_page_of_the_list() -> None:
    page = text_of(officer("view_leaf").get(page_of("tcf")))

    assert TEXT not in page
    assert "analytics.audience : yes" in words(page)


def test_the_way_to_the_ledger_is_for_those_who_may_go_there() -> None:
    leaf = Leaf.objects.get(event_id=RecordedSignal.objects.get(kind="gpc").pk)

    page = text_of(officer().get(page_of("gpc")))

    assert reverse("admin:consent_ledger_leaf_change", args=[leaf.pk]) not in page
    assert f"Entry of the ledger {leaf.pk}" in words(page)


def test_nobody_changes_a_signal_and_who_may_not_see_them_does_not() -> None:
    client, page = (
        officer("change_recordedsignal", "delete_recordedsignal", "add_recordedsignal"),
        page_of("gpc"),
    )

    assert client.post(page, {}).status_code == 403
    assert client.post(page.replace("change", "delete"), {"post": "yes"}).status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403
    assert browse("nobody", "view_consentrecord").get(LIST).status_code == 403
    assert browse("nobody", "view_consentrecord").get(page).status_code == 403
    assert RecordedSignal.objects.count() == 2


def test_an_export_has_the_columns_of_the_list_and_no_text() -> None:
    client = officer("export_list")
    address = reverse("admin:activation_desk_savedfilter_export", args=["consent_records.recordedsignal"])

    answer = client.post(f"{address}?conflict=yes", {"form": "csv", "reason": "request 4711"})

    content = b"".join(answer) if answer.streaming else answer.content
    assert b"Global Privacy Control" in content
    assert TEXT.encode() not in content
    assert b"TC string" not in content


def test_a_list_does_not_ask_for_each_row(django_assert_max_num_queries: object) -> None:
    client = officer()
    with django_assert_max_num_queries(16):  # type: ignore[operator]  # a fixture, typed by its plugin only
        client.get(LIST)
