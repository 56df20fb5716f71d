"""What officers see of a person's signals: what each said, what became of it, and what it spoke against."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent.keys.models import DataKey
from consent.records.models import RecordedSignal
from consent.signals.gpp.header import write_header
from consent.signals.intervals import IdSet
from tests.person_world import list_audited, look, officer, text_of
from tests.signals_world import (
    ADS,
    ADS_PURPOSES,
    AUDIENCE,
    DAY,
    EVERYTHING,
    NOON,
    PERSON,
    choose,
    make_tc,
    publish_policy,
    say,
    signals,
)
from tests.simulation_world import find

pytestmark = pytest.mark.django_db
SEALED = "read_request_content"
OPTED_OUT = "~".join((write_header(IdSet.of((6,))), "1YYN"))
OTHER = [{"kind": "customer_id", "value": "00002"}]


@pytest.fixture(autouse=True)
def _clock(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    publish_policy()
    monkeypatch.setattr("consent.ledger.queries.get_time", lambda: NOON)


def open_page(client: Client | None = None, value: str = "00001") -> str:
    """Look somebody up, and return what their page says of signals."""
    client = client or officer()
    page = text_of(client.get(look(client, value=value)))
    return page[page.index('<section id="signals"') : page.index('<section id="timeline"')]


def words(page: str) -> str:
    """Return a page's words without its tags."""
    shown = " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())
    return re.sub(r" ([:;.])", r"\1", shown)


def send_conflict(made_at: datetime = NOON - DAY) -> None:
    """Have the person say yes themselves, and their browser no since then."""
    say(choices=[choose(ADS, "granted", made_at)])
    say(signals=signals(gpc="1"))


def test_a_tc_string_is_told_in_plain_words_with_what_became_of_it() -> None:
    say(signals=signals(tcf=make_tc(1, 8)))

    shown = words(open_page())

    assert "TC string" in shown
    assert "CMP 31, version 640" in shown
    assert "consents to keep or read information on the device (1); measure how contents do (8)" in shown
    assert "does not consent to choose advertising by little data (2)" in shown
    assert "consents to 3 vendors of the list" in shown
    assert "Audience figures: said yes" in shown
    assert "Targeted advertising: refused" in shown
    assert "Conflicts" not in shown


def test_a_gpp_string_is_told_section_by_section() -> None:
    say(signals=signals(gpp=OPTED_OUT))

    shown = words(open_page())

    assert "US Privacy (section 6) no opted out of the sale of their data" in shown
    assert "Targeted advertising: opted out" in shown


def test_a_conflict_tells_what_came_what_stood_which_won_and_why() -> None:
    send_conflict()

    shown = words(open_page())

    assert "1 conflict" in shown
    assert (
        "Targeted advertising: the Global Privacy Control said no (opt-out signal); the person's own choice"
        " said yes. What came is followed, no (opt-out signal): a no is honoured against an earlier yes."
    ) in shown


def test_a_yes_that_lost_is_told_as_a_conflict_and_led_to_no_choice() -> None:
    say(choices=[choose(ADS, "refused", NOON - 2 * DAY)])
    say(signals=signals(tcf=make_tc(*ADS_PURPOSES)))

    shown = words(open_page())

    assert "What stood stays, no: a framework's yes does not lift a no that came another way" in shown
    assert "Audience figures: refused" in shown


def test_a_signal_holds_for_the_purposes_that_it_speaks_to_and_for_no_other() -> None:
    say(choices=[choose(AUDIENCE, "granted", NOON - 2 * DAY)])
    say(signals=signals(gpc="1"))
    client = officer()

    page = words(text_of(client.get(look(client))))
    holds = page[page.rindex("What holds now") : page.rindex("Act for them")]

    assert "Targeted advertising advertising.targeted Acme no sent an opt-out signal" in holds
    assert "Audience figures analytics.audience Acme yes said yes" in holds
    assert "Marketing by e-mail marketing.email" not in holds


def test_what_happened_names_signals_and_their_conflicts() -> None:
    send_conflict()
    client = officer()
    address = look(client)

    whole = words(text_of(client.get(address)))
    alone = text_of(client.get(f"{address}?kind=signals"))

    told = "the Global Privacy Control came in, in conflict with what was on record or came beside it"
    assert told in whole[whole.rindex("What happened") :]
    [timeline] = re.findall(r'<ol class="person-events">(.*?)</ol>', alone)
    assert timeline.count("<li>") == 1
    assert told in words(timeline)
    assert f'href="#signal-{RecordedSignal.objects.get().event_id}"' in timeline


def test_nothing_of_another_persons_signals_is_shown() -> None:
    say(signals=signals(usp="1YYN"))
    say(identifiers=OTHER, facts=[], signals=signals(tcf=make_tc(*EVERYTHING)))

    ours, theirs = words(open_page()), words(open_page(value="00002"))

    assert "US Privacy string" in ours
    assert "TC string" not in ours
    assert "TC string" in theirs
    assert "US Privacy string" not in theirs


def test_the_text_itself_takes_a_right_of_its_own_and_is_put_on_record() -> None:
    text = make_tc(*EVERYTHING)
    say(signals=signals(tcf=text))
    plain, allowed = officer(), officer("oskar", SEALED)
    event_id = RecordedSignal.objects.get().event_id
    pages = {client: look(client) for client in (plain, allowed)}
    address = {client: f"{page[:-7]}signals/{event_id}/" for client, page in pages.items()}

    shown = {client: client.get(page).content.decode() for client, page in pages.items()}

    assert not any(text in page for page in shown.values())
    assert address[allowed] in shown[allowed]
    assert address[plain] not in shown[plain]
    assert plain.get(address[plain]).status_code == 403
    assert plain.get(address[allowed]).status_code == 403
    answer = allowed.get(address[allowed])
    assert text in text_of(answer)
    assert "no-store" in answer["Cache-Control"]
    assert [one["shown"] for one in list_audited("person_read")][-1] == "text_of_a_signal"
    assert text not in str(list_audited("person_read"))


def test_the_text_of_another_persons_signal_is_not_handed_out() -> None:
    say(signals=signals(usp="1YYN"))
    say(identifiers=OTHER, facts=[], signals=signals(usp="1YNN"))
    client = officer("olga", SEALED)
    theirs = RecordedSignal.objects.get(subject=find("00002"))

    refused = text_of(client.get(f"{look(client)[:-7]}signals/{theirs.event_id}/"), 404)

    assert "1YNN" not in refused
    assert text_of(client.get(f"{look(client)[:-7]}signals/sig_nothing/"), 404)


def test_a_key_that_is_gone_leaves_a_page_that_says_so() -> None:
    send_conflict()
    DataKey.objects.update(wrapped=b"\x00" * 60)

    shown = words(open_page(officer("olga", SEALED)))

    assert "What they say does not open: restore the keys." in shown
    assert "What came is followed" in shown
    assert "As it was sent" not in shown


def test_many_signals_take_as_many_statements_as_one() -> None:
    say(signals=signals(usp="1YYN"))
    client = officer("olga", SEALED)
    address = look(client)
    counted = []
    for hour in range(2):
        client.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        counted.append(len(seen))
        for minute in range(30):
            at = NOON + timedelta(hours=hour, minutes=minute + 1)
            say(at=at, signals=signals(usp=("1YNN", "1YYN")[minute % 2]))

    assert counted[0] == counted[1]
    shown = words(text_of(client.get(address)))
    assert shown.count("What became of it") == 25 * 2  # of each that is shown, and where it is told of
    assert "There are older ones, too." in shown


def test_who_is_known_by_nothing_but_a_choice_has_no_signals() -> None:
    say(identifiers=[*PERSON], choices=[choose(ADS, "granted", NOON - DAY)])

    assert "No signal about them is on record." in open_page()
