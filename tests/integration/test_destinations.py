"""Recipients are registered, suspended and resumed; each is an event, and nothing is ever lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.test import Client

from activation.decisions.register import Suspension, TcfTerms
from activation.destinations.models import Destination, DestinationStatus
from activation.destinations.queries import get_register
from activation.destinations.services import (
    DestinationAlreadyRegistered,
    DestinationNotRegistered,
    MalformedDestination,
    ReasonMissing,
    StatusUnchanged,
    VendorUnchanged,
    change_vendor,
    register_destination,
    resume_destination,
    suspend_destination,
)
from activation.destinations.types import DestinationKind
from consent.kernel import canonical
from consent.kernel.errors import AccordantError
from tests.ledger_world import read_entries

pytestmark = pytest.mark.django_db
JAN_1 = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def make_destination(slug: str = "ads", resource_type: str = "destination") -> None:
    """Register a destination on the first of January."""
    register_destination(
        slug=slug,
        kind=DestinationKind.AD_PLATFORM,
        title="Ads",
        resource_type=resource_type,
        registered_by="officer",
        at=JAN_1,
    )


def make_vendor(vendor: int | None, purposes: list[int]) -> None:
    """Register a destination that relies on TC strings."""
    register_destination(
        slug="ads",
        kind=DestinationKind.AD_PLATFORM,
        title="Ads",
        registered_by="officer",
        at=JAN_1,
        tcf_vendor=vendor,
        tcf_purposes=purposes,
    )


def suspend(at: datetime, reason: str = "contract ended") -> None:
    """Suspend the destination."""
    suspend_destination(slug="ads", reason=reason, changed_by="officer", at=at)


def resume(at: datetime) -> None:
    """Resume the destination."""
    resume_destination(slug="ads", reason="new contract", changed_by="officer", at=at)


def test_the_register_knows_every_suspension() -> None:
    make_destination("ads")
    make_destination("mail")
    suspend(JAN_1 + DAY)
    resume(JAN_1 + 2 * DAY)
    suspend(JAN_1 + 3 * DAY)

    register = get_register()

    assert list(register) == ["ads", "mail"]
    assert register["mail"].suspensions == ()
    assert register["ads"].suspensions == (
        Suspension(JAN_1 + DAY, JAN_1 + 2 * DAY),
        Suspension(JAN_1 + 3 * DAY, None),
    )


def test_every_change_is_a_ledger_event() -> None:
    make_destination()
    suspend(JAN_1 + DAY)
    resume(JAN_1 + 2 * DAY)

    events = [canonical.loads(entry.envelope) for entry in read_entries(after=0)]

    assert [event["kind"] for event in events] == [
        "destination_registered",
        "destination_suspended",
        "destination_resumed",
    ]
    assert events[1]["body"]["reason"] == "contract ended"
    assert all(event["body"]["destination"] == "ads" for event in events)


def test_a_destination_answers_to_its_resource_type() -> None:
    make_destination("ads")
    make_destination("record-1", "record")

    register = get_register()
    events = [canonical.loads(entry.envelope) for entry in read_entries(after=0)]

    assert {slug: entry.resource_type for slug, entry in register.items()} == {
        "ads": "destination",
        "record-1": "record",
    }
    assert [event["body"]["resource_type"] for event in events] == ["destination", "record"]


def test_a_vendor_of_the_framework_is_registered_with_the_purposes_it_needs() -> None:
    make_vendor(755, [4, 1, 3, 4])

    [entry] = get_register().values()
    [event] = [canonical.loads(entry.envelope) for entry in read_entries(after=0)]

    assert entry.tcf == TcfTerms(755, (1, 3, 4))
    assert (event["body"]["tcf_vendor"], event["body"]["tcf_purposes"]) == (755, [1, 3, 4])


def test_a_destination_that_is_no_vendor_says_nothing_of_it() -> None:
    make_destination()

    [entry] = get_register().values()
    [event] = [canonical.loads(entry.envelope) for entry in read_entries(after=0)]

    assert entry.tcf is None
    assert "tcf_vendor" not in event["body"]


NO_VENDORS: list[tuple[int | None, list[int]]] = [
    (None, [1]),
    (755, []),
    (0, [1]),
    (65_536, [1]),
    (755, [0]),
    (755, [1, 12]),
]


@pytest.mark.parametrize(("vendor", "purposes"), NO_VENDORS)
def test_what_is_no_vendor_with_purposes_is_refused(vendor: int | None, purposes: list[int]) -> None:
    with pytest.raises(MalformedDestination):
        make_vendor(vendor, purposes)
    given = {"slug": "ads", "kind": "file", "title": "Ads", "registered_at": JAN_1}
    with pytest.raises(IntegrityError), transaction.atomic():
        Destination.objects.create(**given, tcf_vendor=vendor, tcf_purposes=purposes)

    assert not get_register()


@pytest.mark.parametrize("slug", ["a", "a-b", "a_b-1", "a" * 64])
def test_what_the_service_takes_for_a_slug_the_table_takes_too(slug: str) -> None:
    make_destination(slug, slug)

    assert list(get_register()) == [slug]


@pytest.mark.parametrize("wrong", ["", "Record", "a b", "1st", "-a"])
def test_the_table_refuses_what_is_no_slug(wrong: str) -> None:
    for values in ({"slug": wrong}, {"resource_type": wrong}):
        given = {"slug": "ads", "kind": "file", "title": "Ads", "registered_at": JAN_1, **values}
        with pytest.raises(IntegrityError), transaction.atomic():
            Destination.objects.create(**given)


@pytest.mark.parametrize("slug", ["", "Ads", "a b", "1st", "a" * 65, "ads\n"])
def test_a_malformed_slug_is_refused(slug: str) -> None:
    with pytest.raises(MalformedDestination):
        make_destination(slug)
    with pytest.raises(MalformedDestination):
        make_destination("ads", slug)

    assert not get_register()


def test_a_slug_is_registered_once() -> None:
    make_destination()

    with pytest.raises(DestinationAlreadyRegistered):
        make_destination()

    assert len(read_entries(after=0)) == 1


def test_what_is_so_already_is_refused() -> None:
    make_destination()
    with pytest.raises(StatusUnchanged):
        resume(JAN_1 + DAY)
    suspend(JAN_1 + DAY)

    with pytest.raises(StatusUnchanged):
        suspend(JAN_1 + 2 * DAY)
    with pytest.raises(StatusUnchanged):
        resume(JAN_1)

    assert DestinationStatus.objects.count() == 1


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_change_needs_a_reason(reason: str) -> None:
    make_destination()

    with pytest.raises(ReasonMissing):
        suspend(JAN_1 + DAY, reason)

    assert not DestinationStatus.objects.exists()


def test_an_unregistered_destination_cannot_be_suspended() -> None:
    with pytest.raises(DestinationNotRegistered):
        suspend(JAN_1)


def test_the_history_cannot_be_rewritten() -> None:
    make_destination()
    suspend(JAN_1 + DAY)

    for rewrite in (
        lambda: DestinationStatus.objects.update(reason="none"),
        lambda: DestinationStatus.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rewrite()


def change(vendor: int | None, purposes: list[int], slug: str = "ads", reason: str = "it needs more") -> None:
    """Let the destination be another vendor."""
    change_vendor(
        slug=slug,
        tcf_vendor=vendor,
        tcf_purposes=purposes,
        reason=reason,
        changed_by="officer",
        at=JAN_1 + DAY,
    )


def test_a_destination_becomes_another_vendor_and_the_ledger_knows() -> None:
    make_vendor(755, [1, 3])

    change(755, [4, 1, 3])

    assert get_register()["ads"].tcf == TcfTerms(755, (1, 3, 4))
    event = canonical.loads(read_entries()[-1].envelope)
    assert event["kind"] == "destination_vendor_changed"
    assert event["body"] == {
        "destination": "ads",
        "tcf_vendor": 755,
        "tcf_purposes": [1, 3, 4],
        "reason": "it needs more",
        "changed_by": "officer",
        "changed_at": "2026-01-02T00:00:00.000000Z",
    }


def test_a_destination_becomes_a_vendor_and_is_none_again() -> None:
    make_destination()

    change(755, [1])
    assert get_register()["ads"].tcf == TcfTerms(755, (1,))
    change(None, [])

    assert get_register()["ads"].tcf is None
    assert "tcf_vendor" not in canonical.loads(read_entries()[-1].envelope)["body"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"vendor": 755, "purposes": [3, 1]}, VendorUnchanged),
        ({"vendor": 755, "purposes": []}, MalformedDestination),
        ({"vendor": None, "purposes": [1]}, MalformedDestination),
        ({"vendor": 0, "purposes": [1]}, MalformedDestination),
        ({"vendor": 755, "purposes": [12]}, MalformedDestination),
        ({"vendor": 755, "purposes": [1], "reason": " "}, ReasonMissing),
        ({"vendor": 755, "purposes": [1], "slug": "crm"}, DestinationNotRegistered),
    ],
)
def test_terms_that_are_none_change_nothing(asked: dict[str, Any], error: type[AccordantError]) -> None:
    make_vendor(755, [1, 3])
    before = len(read_entries())

    with pytest.raises(error):
        change(**asked)

    assert get_register()["ads"].tcf == TcfTerms(755, (1, 3))
    assert len(read_entries()) == before


def vendor_page() -> str:
    """Return the address where the vendor of the only destination is changed."""
    return f"/admin/activation_destinations/destination/{Destination.objects.get().pk}/vendor/"


def test_an_officer_changes_the_vendor() -> None:
    make_vendor(755, [1, 3])
    User.objects.create_superuser("officer", password="secret")
    client = Client()
    assert client.login(username="officer", password="secret")
    asked = {"tcf_vendor": "755", "tcf_purposes": "1,3,4", "reason": ""}

    shown = client.get(vendor_page()).content
    refused = client.post(vendor_page(), asked)

    assert b'value="755"' in shown
    assert b'value="1,3"' in shown
    assert (refused.status_code, get_register()["ads"].tcf) == (200, TcfTerms(755, (1, 3)))
    assert client.post(vendor_page(), {**asked, "reason": "it needs more"}).status_code == 302
    assert get_register()["ads"].tcf == TcfTerms(755, (1, 3, 4))
    told = [canonical.loads(one.envelope) for one in read_entries()]
    [changed] = [one["body"] for one in told if one["kind"] == "destination_vendor_changed"]
    assert (changed["changed_by"], changed["reason"]) == ("officer", "it needs more")
    again = client.post(vendor_page(), {**asked, "reason": "again"})
    assert b"registered with these terms already" in again.content
    assert client.post(vendor_page(), {"reason": "it is none"}).status_code == 302
    assert get_register()["ads"].tcf is None


def test_who_may_not_change_the_register_changes_no_vendor() -> None:
    make_vendor(755, [1, 3])
    User.objects.create_user("reader", password="secret", is_staff=True)
    client = Client()
    assert client.login(username="reader", password="secret")

    answers = [client.get(vendor_page()), client.post(vendor_page(), {"reason": "it is none"})]

    assert [one.status_code for one in answers] == [403, 403]
    assert get_register()["ads"].tcf == TcfTerms(755, (1, 3))


def test_officers_register_suspend_and_resume_but_never_delete() -> None:
    User.objects.create_superuser("officer", password="secret")
    client = Client()
    assert client.login(username="officer", password="secret")
    listing = "/admin/activation_destinations/destination/"

    added = client.post(
        f"{listing}add/",
        {
            "slug": "ads",
            "kind": "ad_platform",
            "title": "Ads",
            "resource_type": "audience",
            "tcf_vendor": "755",
            "tcf_purposes": "1,3",
            "statuses-TOTAL_FORMS": "0",
            "statuses-INITIAL_FORMS": "0",
        },
    )
    assert added.status_code == 302
    destination = Destination.objects.get()
    selected = {"_selected_action": [str(destination.pk)], "index": "0"}
    client.post(listing, {**selected, "action": "suspend", "reason": ""})
    assert not DestinationStatus.objects.exists()
    client.post(listing, {**selected, "action": "suspend", "reason": "contract ended"})

    assert get_register()["ads"].resource_type == "audience"
    assert get_register()["ads"].tcf == TcfTerms(755, (1, 3))
    assert get_register()["ads"].suspensions[0].resumed_at is None
    assert b"suspended" in client.get(listing).content.lower()
    assert b"contract ended" in client.get(f"{listing}{destination.pk}/change/").content
    assert client.post(f"{listing}{destination.pk}/delete/", {"post": "yes"}).status_code == 403
    client.post(listing, {**selected, "action": "resume", "reason": "new contract"})
    assert get_register()["ads"].suspensions[0].resumed_at is not None
