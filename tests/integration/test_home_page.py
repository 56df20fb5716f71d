"""The officer's first page: it says whether anything is wrong, and its numbers are those of its lists."""

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.utils import timezone

from activation.desk.services import count_next
from activation.enforcement.suppression.models import FeedPosition
from consent.ledger import services as ledger
from consent.ledger.models import Leaf, LedgerVerification, PendingEvent
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import Message
from consent.requests.types import StepState
from lineage.outbox.models import Delivery
from tests import home_world as home
from tests.ledger_world import sequence_all
from tests.lineage_outbox_world import enqueue_whole_run
from tests.records_world import make_new_row, publish_policy, record_all
from tests.retention_world import tell
from tests.suppression_world import make_destination, make_holding, make_suppression
from tests.workspace_world import make_request, make_step

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(days=3)


def make_trouble() -> None:
    """Have everything wrong that the page can tell of."""
    now = timezone.now()
    petra, _ = User.objects.get_or_create(username="petra")
    overdue = make_request(due_at=now - timedelta(days=1))
    make_step(overdue, state=StepState.FAILED.value)
    Message.objects.create(request=overdue, template="received", language="en", given_up_at=now)
    make_request(state="in_review", due_at=now + timedelta(days=3))
    make_request(type="erasure", proposed_by=petra, proposed_at=now)
    make_destination()
    make_suppression(make_holding(), recorded_at=now - LONG_AGO)
    make_suppression(make_holding(), state="parked")
    home.make_self_test(incidents=1)
    home.make_incident()
    home.make_run()
    home.make_run(status="failed")
    enqueue_whole_run()
    Delivery.objects.update(parked_at=now)
    home.make_counts(days=20, purposes=3)


def test_an_empty_house_needs_nothing_and_says_what_to_do_first() -> None:
    page = home.read(home.everything())

    assert home.headline_of(page) == "Nothing needs you"
    assert home.needs_of(page) == {}
    for words in (
        "No policy is published yet, so everything is denied: <a",
        "write one",
        "No request is open.",
        "No destination is registered yet: nothing leaves this house.",
        "Nothing is in the ledger yet. The first choice that is recorded begins it.",
        "No run began in the last 24 hours.",
        "No choice was recorded in these days.",
    ):
        assert words in page


def test_whatever_is_wrong_is_said_first_each_with_where_it_is_seen_to() -> None:
    make_trouble()
    client = home.everything()

    page = home.read(client)
    needs = home.needs_of(page)

    assert home.headline_of(page) == f"{len(needs)} things need you"
    assert list(needs) == [
        "1 request is overdue",
        "1 request has stuck steps",
        "1 request has a mail that could not be delivered",
        "1 withdrawal is overdue at a destination",
        "1 withdrawal is refused by a destination",
        "1 incident is open",
        "Canaries: the last self-test raised incidents",
        next(one for one in needs if "lineage event" in one),
        "1 run failed in the last 24 hours",
        "1 erasure waits for your approval",
        "1 request waits for a decision",
    ]
    for address in needs.values():
        assert client.get(address).status_code == 200


@pytest.mark.parametrize("panel", home.PANELS)
def test_a_panel_is_for_whoever_may_see_what_it_counts(panel: str) -> None:
    make_trouble()

    for permission in home.PANELS[panel]:
        page = home.read(home.officer(permission))
        assert home.panels_of(page) == {panel}


def test_an_officer_without_a_role_sees_nothing_and_is_told_whom_to_ask() -> None:
    make_trouble()

    page = home.read(home.officer())

    assert home.panels_of(page) == set()
    assert "Ask an administrator for a role" in page
    assert "overdue" not in page


def test_half_a_panel_is_shown_to_whoever_may_see_half_of_what_it_counts() -> None:
    make_trouble()

    incidents = home.figures_of(home.read(home.officer("activation_enforcement.view_incident")))
    tests = home.figures_of(home.read(home.officer("activation_enforcement.view_selftest")))

    assert set(incidents) == {"Open incidents"}
    assert set(tests) == {"Self-test"}


def test_what_only_an_approver_can_do_is_no_need_of_others() -> None:
    make_trouble()

    page = home.read(home.officer("consent_requests.view_request"))

    assert "approval" not in " ".join(home.needs_of(page))
    assert "Wait for your approval" not in home.figures_of(page)


COUNTED = {
    "Overdue",
    "Due within 7 days",
    "Wait for a decision",
    "Wait for your approval",
    "Have stuck steps",
    "Have mails that did not go out",
    "Open in all",
    "Parked",
    "Waiting",
    "Open incidents",
    "Completed runs",
    "Failed runs",
    "Running",
    "Lineage events refused",
    "Lineage events on their way",
    "Consent changes refused",
    "In the last 7 days",
    "Wait for approval",
    "Wait to be published",
    "Drafts",
}


def test_every_number_is_that_of_the_list_it_leads_to() -> None:
    make_trouble()
    make_request(due_at=timezone.now() + timedelta(days=6), paused_at=timezone.now())
    make_request(due_at=timezone.now() - timedelta(days=6), paused_at=timezone.now())
    home.make_run(status="abandoned")
    home.make_run(status="running")
    home.make_run(started_at=timezone.now() - LONG_AGO)
    home.make_signal(0)
    home.make_signal(1, is_in_conflict=False)
    home.make_signal(2, recorded_at=timezone.now() - timedelta(days=8))
    client = home.everything()
    page, compared = home.read(client), set[str]()

    for section in home.PANELS:
        part = page.partition(f'id="{section}"')[2].partition("</section>")[0]
        for label, (number, address) in home.figures_of(part).items():
            if label in COUNTED:
                compared.add(label)
                assert (label, int(number)) == (label, home.listed_at(client, address))

    assert compared == COUNTED


def test_signals_in_conflict_are_counted_of_a_week_and_need_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    for number, days in enumerate((0, 6, 8)):
        home.make_signal(number, recorded_at=timezone.now() - timedelta(days=days, minutes=1))
    client = home.everything()

    page = home.read(client)

    assert home.figures_of(page)["In the last 7 days"][0] == "2"
    assert home.needs_of(page) == {}
    monkeypatch.setattr("activation.desk.home.panels.conflicts.MOST", 1)
    assert home.figures_of(home.read(client))["In the last 7 days"][0] == "more than 1"


def test_the_destinations_numbers_are_those_of_their_lists() -> None:
    make_trouble()
    make_destination("mail")
    make_suppression(make_holding("mail"))
    client = home.everything()

    page = home.read(client)

    assert "/admin/activation_enforcement/suppression/?destination__exact=ads&amp;due=overdue" in page
    listed = "/admin/activation_enforcement/suppression/?destination__exact=ads&due=overdue"
    assert home.listed_at(client, listed) == 1


def test_choices_lead_to_the_records_that_they_count() -> None:
    publish_policy()
    record_all(make_new_row("1"), make_new_row("2"))
    sequence_all()
    count_next()
    client = home.everything()

    figures = home.figures_of(home.read(client))

    assert figures["Consent rate"][0] == "100.0 %"
    assert figures["Yes"][0] == "2"
    assert home.listed_at(client, figures["Yes"][1]) == 2


def test_the_consent_rate_is_narrowed_by_purpose_residence_and_period() -> None:
    home.make_counts(days=40, purposes=2)
    client = home.everything()

    month, week = (home.figures_of(home.read(client, query)) for query in ("", "?period=7"))
    one = home.figures_of(home.read(client, "?period=7&purpose=purpose.1&jurisdiction=DE"))

    assert month["Yes"][0] == f"{3 * 2 * 2 * 30}"
    assert week["Yes"][0] == f"{3 * 2 * 2 * 7}"
    assert (one["Yes"][0], one["Refused or closed"][0], one["Taken back or opted out"][0]) == (
        "21",
        "7",
        "14",
    )
    assert one["Consent rate"] == ("75.0 %", "")


@pytest.mark.parametrize(
    "query",
    ["?period=9999&purpose=%00&jurisdiction=%00x", "?runs=for-ever", "?purpose=" + "x" * 3000, "?period="],
)
def test_an_address_changed_by_hand_shows_the_page_all_the_same(query: str) -> None:
    home.make_counts()

    assert "Consent rate" in home.read(home.everything(), query)


def test_what_the_consent_rate_means_is_said_beside_it() -> None:
    page = home.read(home.everything())

    assert "the share that was a yes" in page


def test_runs_are_shown_by_reason_of_a_day_or_a_week() -> None:
    home.make_run()
    home.make_run(started_at=timezone.now() - LONG_AGO, denied_by_reason={"expired": 4})
    client = home.everything()

    day, week = home.read(client), home.read(client, "?runs=week")

    assert home.figures_of(day)["Rows denied"][0] == "4"
    assert home.figures_of(week)["Rows denied"][0] == "8"
    assert ">expired<" not in day
    assert ">expired<" in week


def test_a_ledger_that_nobody_verified_for_a_month_needs_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    record_some_entries()
    client = home.everything()
    page = home.read(client)
    assert "It was never verified as a whole." in page
    assert home.needs_of(page) == {}

    later = timezone.now() + timedelta(days=40)
    look_at(later, monkeypatch)

    assert "The ledger was not verified for more than 31 days" in home.needs_of(home.read(client))


def look_at(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the page be looked at then. Sessions go by the clock that they always did."""
    monkeypatch.setattr("activation.desk.home.views.timezone", SimpleNamespace(now=lambda: moment))


def record_some_entries(count: int = 3) -> None:
    """Append entries that speak of nobody, and sign them."""
    tell(Stream.AUDIT, count)


def test_each_verification_is_on_record_and_a_finding_needs_somebody() -> None:
    record_some_entries()
    call_command("verify_ledger")
    client = home.everything()
    page = home.read(client)

    row = LedgerVerification.objects.get()
    assert (row.size, row.signed_size, row.findings, row.key_given) == (3, 3, 0, False)
    assert "up to entry 3, by the key that the database names: nothing was wrong." in page
    assert home.needs_of(page) == {}

    LedgerVerification.objects.create(size=3, signed_size=3, findings=2, key_given=True)

    assert "The last check of the ledger found something wrong" in home.needs_of(home.read(client))


def test_a_witness_that_lacks_entries_for_long_needs_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    record_some_entries()
    client = home.everything()
    with home.witness_that_holds(size=2) as name:
        assert home.needs_of(home.read(client)) == {}  # it lacks an entry of this very moment
        later = timezone.now() + timedelta(minutes=20)
        look_at(later, monkeypatch)

        assert f"The witness “{name}” lacks signed entries" in home.needs_of(home.read(client))


def test_a_witness_that_holds_everything_may_be_told_long_ago(monkeypatch: pytest.MonkeyPatch) -> None:
    record_some_entries()
    later = timezone.now() + timedelta(days=20)
    look_at(later, monkeypatch)

    with home.witness_that_holds(size=3) as name:
        page = home.read(home.everything())

    assert home.needs_of(page) == {}
    assert home.figures_of(page)[f"Witness “{name}”"][0].startswith("holds all")


def test_an_event_that_waits_for_its_place_too_long_needs_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry("told", {})])
    client = home.everything()
    assert PendingEvent.objects.exists()
    assert home.needs_of(home.read(client)) == {}

    later = timezone.now() + timedelta(minutes=1)
    look_at(later, monkeypatch)

    assert "Events wait for their place: the sequencer does not work" in home.needs_of(home.read(client))


def test_a_follower_that_stands_still_needs_somebody() -> None:
    record_some_entries()
    FeedPosition.objects.create(name="pull_through", moved_at=timezone.now() - timedelta(hours=1))

    words = "Withdrawals are not followed: run_follower does not work"

    assert words in home.needs_of(home.read(home.everything()))


def test_a_follower_that_never_began_needs_somebody_once_there_is_a_destination() -> None:
    record_some_entries()
    client = home.everything()
    assert home.needs_of(home.read(client)) == {}

    make_destination()

    words = "Withdrawals are not followed: run_follower was never started"
    assert words in home.needs_of(home.read(client))


def test_the_page_runs_as_many_statements_with_one_row_of_everything_as_with_many() -> None:
    """Frozen: whoever adds a panel changes this number knowingly."""
    make_trouble()
    record_some_entries()
    call_command("verify_ledger")
    home.make_signal(0)
    client = home.everything()

    with home.witness_that_holds(size=2):
        few = home.count_statements(client)
        for number in range(4):
            make_trouble_again(number)
        assert Leaf.objects.count() > 3
        many = home.count_statements(client)

    assert (few, many) == (STATEMENTS, STATEMENTS)


STATEMENTS = 48


def make_trouble_again(number: int) -> None:
    """Have the same wrong once more, at another destination."""
    now = timezone.now()
    slug: Any = f"ads-{number}"
    make_destination(slug)
    make_suppression(make_holding(slug), recorded_at=now - LONG_AGO)
    request = make_request(due_at=now - timedelta(days=1))
    make_step(request, state=StepState.FAILED.value)
    Message.objects.create(request=request, template="received", language="en", given_up_at=now)
    home.make_incident()
    home.make_run(destination=slug)
    home.make_run(status="failed", started_at=now - timedelta(hours=number))
    enqueue_whole_run()
    record_some_entries(2)
    home.make_signal(1 + number)
