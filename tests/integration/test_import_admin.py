"""Officers read in the admin what became of an imported file's signals, and are led to them."""

import io
import re
from datetime import datetime, timedelta

import pytest

from consent.records.models import ImportRun
from consent.records.services import Format, import_file
from tests.home_world import listed_at
from tests.integration.test_signals_admin import rows, words
from tests.person_world import text_of
from tests.records_world import make_line as make_row
from tests.signal_files import MAPPING, make_file, make_line, make_tc_line
from tests.signals_world import ADS, DAY, EVERYTHING, NOON, choose, make_tc, publish_policy, say
from tests.tracing_world import browse

pytestmark = pytest.mark.django_db
LIST = "/admin/consent_records/importrun/"
SIGNALS = "/admin/consent_records/recordedsignal/"
SIGHT = ("view_importrun", "view_recordedsignal")
HOUR = timedelta(hours=1)
MIXED = (
    make_tc_line("00001", *EVERYTHING, made_at=NOON - 3 * DAY),
    make_line("2", tcf=make_tc(*EVERYTHING), gpc="1", at=NOON - DAY),
    make_line("3", usp="1YYN", at=NOON - DAY, country="US-CA"),
    make_line("5", tcf=make_tc(*EVERYTHING, made_at=NOON - 3 * DAY), at=NOON - 3 * DAY, country="BR"),
    make_line("6", usp="nope"),
)
OTHERS = (MIXED[0], make_line("7", usp="1YYN", at=NOON - DAY))


@pytest.fixture(autouse=True)
def _imports(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Import a file of some of everything; later another of its source, and the same from elsewhere."""
    publish_policy()
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)
    say(choices=[choose(ADS, "refused", NOON - 9 * DAY)])
    for source, lines, at in (
        ("cmp", MIXED, NOON),
        ("cmp", OTHERS, NOON + HOUR),
        ("shop", (*OTHERS[1:], make_line("8", usp="1YYN", at=NOON - DAY)), NOON),
    ):
        monkeypatch.setattr("consent.ledger.queries.get_time", lambda at=at: at)
        bring(source, lines, at)


def bring(source: str, lines: tuple[str, ...], at: datetime) -> None:
    """Import the lines; it takes a minute."""
    import_file(
        file=io.BytesIO(make_file(lines)),
        file_format=Format.CSV,
        mapping_text=MAPPING,
        source=source,
        at=at,
    )
    ImportRun.objects.filter(source=source, started_at=at).update(finished_at=at + timedelta(minutes=1))


def mixed() -> ImportRun:
    return ImportRun.objects.get(rejected=1)


def page_of(run: ImportRun) -> str:
    return f"{LIST}{run.pk}/change/"


def links(page: str) -> list[str]:
    """Return where the page leads to signals."""
    return [one.replace("&amp;", "&") for one in re.findall(rf'href="({re.escape(SIGNALS)}\?[^"]+)"', page)]


def test_the_page_of_an_import_tells_what_became_of_its_signals_and_leads_to_them() -> None:
    page = text_of(browse("olga", *SIGHT).get(page_of(mixed())))

    told = words(page)
    assert "Choices recorded 2 yes, 2 no " in told
    assert "5 recorded , 0 on record already" in told
    assert "2 with something on record; in 2 of them a no stood against a yes, which was not recorded" in told
    assert "1 signal: a yes of this framework is none by the law that applies to the person" in told
    assert "line 6: usprivacy: " in told
    assert links(page) == [f"{SIGNALS}?import={mixed().pk}", f"{SIGNALS}?import={mixed().pk}&conflict=yes"]


def test_the_list_of_imports_has_the_same_numbers_and_ways() -> None:
    page = text_of(browse("olga", *SIGHT).get(LIST))

    assert "cmp 4 1 5 2 2 " in rows(page)
    assert "cmp 2 0 1 0 0 " in rows(page)
    assert "shop 2 0 1 0 0 " in rows(page)
    assert len(links(page)) == 4


def test_a_number_leads_to_the_signals_of_that_import_alone() -> None:
    client = browse("olga", *SIGHT)

    found = {
        (run.source, run.rejected): [
            listed_at(client, one) for one in links(text_of(client.get(page_of(run))))
        ]
        for run in ImportRun.objects.order_by("pk")
    }

    assert found == {("cmp", 1): [5, 2], ("cmp", 0): [1], ("shop", 0): [1]}


def test_an_import_that_did_not_end_leads_to_what_came_since_it_began() -> None:
    ImportRun.objects.filter(pk=mixed().pk).update(finished_at=None)

    assert listed_at(browse("olga", *SIGHT), f"{SIGNALS}?import={mixed().pk}") == 6


@pytest.mark.parametrize("asked", ["999999", "x", "-1", "9" * 40, "", "%00", "\u0661"])
def test_an_import_that_there_is_not_brought_nothing(asked: str) -> None:
    assert listed_at(browse("olga", *SIGHT), f"{SIGNALS}?import={asked}") == 0


def test_whoever_may_not_see_signals_reads_the_numbers_alone() -> None:
    client = browse("engineer", "view_importrun")
    pages = [text_of(client.get(address)) for address in (LIST, page_of(mixed()))]

    assert [links(page) for page in pages] == [[], []]
    assert "cmp 4 1 5 2 2 " in rows(pages[0])
    assert "5 recorded, 0 on record already" in words(pages[1])


def test_an_import_without_signals_says_so_and_is_in_no_filter() -> None:
    import_file(file=io.BytesIO(make_row()), file_format=Format.NDJSON, source="choices", at=NOON)
    client, run = browse("olga", *SIGHT), ImportRun.objects.get(source="choices")
    page = text_of(client.get(page_of(run)))

    assert "none: the file held none" in words(page)
    assert links(page) == []
    assert "choices, " not in text_of(client.get(SIGNALS))
    assert "cmp, 01 Jun 2026 12:00" in text_of(client.get(SIGNALS))


def test_lists_do_not_ask_for_each_row(django_assert_max_num_queries: object) -> None:
    client = browse("olga", *SIGHT)
    for address in (LIST, f"{SIGNALS}?import={mixed().pk}"):
        with django_assert_max_num_queries(16):  # type: ignore[operator]  # a fixture, typed by its plugin only
            client.get(address)
