"""Access packages are built by workers that may die, and handed out whole or not at all."""

import json

import pytest

from consent.requests.models import Download, Package, Request, RequestEvent, SealedPart
from consent.requests.packages import building
from consent.requests.packages.building import build_package, list_building
from consent.requests.packages.reading import stream_package
from consent.requests.packages.types import OfficerNotPermitted, PackageGone, PackageNotWhole
from consent.requests.types import EventKind, PackageState, RequestState
from tests.packages_world import begin, build, make_reader, make_request, make_step, read_files
from tests.policy_officers import make_officer

pytestmark = pytest.mark.django_db(databases=["default", "keys"])
ORDERS = [("orders", {"id": number, "city": f"Köln {number}"}) for number in range(3)]


def test_a_package_is_built_of_what_the_steps_collected_and_leads_the_request_to_review() -> None:
    request = make_request()
    make_step(request, ORDERS)

    package = build(request)

    request.refresh_from_db()
    assert request.state == RequestState.IN_REVIEW
    assert (package.state, package.rows_done, package.rows_total) == (PackageState.READY, 3, 3)
    told = json.loads(read_files(package)["json/01-crm-001-data.json"])
    assert told["rows"] == [row for _, row in ORDERS]
    kinds = RequestEvent.objects.filter(request=request).order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == [EventKind.PACKAGE_BUILT, EventKind.IN_REVIEW, EventKind.DOWNLOADED]


def test_a_request_without_anything_on_record_gets_a_package_that_says_so() -> None:
    package = build(make_request())

    assert package.state == PackageState.READY
    assert package.rows_total == 0


def test_a_package_that_is_being_built_is_not_begun_again() -> None:
    request = make_request()

    assert begin(request) == begin(request)
    assert list_building() == [Package.objects.get().pk]


def test_a_package_that_is_ready_is_not_built_again() -> None:
    package = build(make_request())

    assert not build_package(package.pk)
    assert list_building() == []


def test_a_package_that_always_fails_unexpectedly_stops_and_says_so_without_what_it_failed_at(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise LookupError("anna@people.example")

    monkeypatch.setattr(building, "write_contents", fail)
    package = begin(make_request())

    for _ in range(8):
        assert not build_package(package.pk)
        Package.objects.update(next_attempt_at=None)

    package.refresh_from_db()
    assert (package.state, package.failures) == (PackageState.FAILED, 8)
    assert package.last_error == "LookupError"
    assert "anna" not in caplog.text


def test_every_download_is_written_down_before_its_first_byte() -> None:
    package = build(make_request())

    pieces = stream_package(package, officer_id=make_reader().pk)

    assert Download.objects.get().by_officer == make_reader()
    assert RequestEvent.objects.filter(kind=EventKind.DOWNLOADED).count() == 1
    assert sum(map(len, pieces)) == package.size


def test_an_officer_who_may_not_read_what_was_found_takes_nothing() -> None:
    package = build(make_request())

    with pytest.raises(OfficerNotPermitted):
        stream_package(package, officer_id=make_officer("peter").pk)

    assert not Download.objects.exists()


def test_the_person_takes_nothing_that_is_not_released() -> None:
    package = build(make_request())

    with pytest.raises(PackageGone):
        stream_package(package)

    assert not Download.objects.exists()


@pytest.mark.parametrize("damage", ["changed", "missing", "swapped", "other"])
def test_a_package_whose_parts_were_tampered_with_is_handed_out_to_nobody(damage: str) -> None:
    package, other = build(make_request()), build(make_request())
    parts = SealedPart.objects.filter(request_id=package.request_id, name=f"package/{package.pk}")
    content = bytearray(parts.get().content)
    if damage == "missing":
        parts.delete()
    elif damage == "changed":
        content[20] ^= 1
        parts.update(content=bytes(content))
    elif damage == "swapped":
        foreign = SealedPart.objects.get(name=f"package/{other.pk}")
        parts.update(content=bytes(foreign.content))
    else:
        Package.objects.filter(pk=package.pk).update(digest=other.digest + "0")
        package.refresh_from_db()

    with pytest.raises(PackageNotWhole):
        stream_package(package, officer_id=make_reader().pk)

    assert not Download.objects.exists()


def test_a_package_of_a_request_that_was_closed_meanwhile_is_not_kept() -> None:
    request = make_request()
    package = begin(request)
    Request.objects.filter(pk=request.pk).update(state=RequestState.CANCELLED, closed_at=request.received_at)

    assert not build_package(package.pk)

    package.refresh_from_db()
    assert package.state == PackageState.DESTROYED
    assert not SealedPart.objects.filter(name=f"package/{package.pk}").exists()
