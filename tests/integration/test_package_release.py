"""A package goes to a contact that was proven, for a time, and leaves nothing behind."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from consent.ledger.queries import get_time
from consent.requests import vault
from consent.requests.models import Download, Link, Message, Package, Request, RequestEvent, SealedPart
from consent.requests.packages import reading
from consent.requests.packages.reading import open_released, stream_package
from consent.requests.packages.releasing import LIFETIME, expire_packages, release, withdraw
from consent.requests.packages.types import (
    NoProvenContact,
    PackageGone,
    PackageNotFound,
    PackageNotWhole,
    TooManyDownloads,
)
from consent.requests.types import (
    ChangedMeanwhile,
    ContentDestroyed,
    EventKind,
    MailTemplate,
    NotPossible,
    PackageState,
    RequestState,
    StepState,
)
from tests.packages_world import ALICE, JUNE_1, begin, build, make_reader, make_request, make_step

pytestmark = pytest.mark.django_db(databases=["default", "keys"])


def do(package: Package, **values: Any) -> Package:
    """Release as an officer who has just opened the page."""
    version = Request.objects.get(pk=package.request_id).version
    told = {"officer_id": make_reader().pk, "version": version, "at": get_time(), **values}
    return release(package.pk, **told)


def make_ready(**values: Any) -> Package:
    request = make_request(**values)
    make_step(request, [("orders", {"id": 1})])
    return build(request)


def list_kinds(request: Request) -> list[str]:
    return list(RequestEvent.objects.filter(request=request).order_by("pk").values_list("kind", flat=True))


def test_a_released_package_goes_to_the_proven_contact_and_ends_the_request() -> None:
    package = do(make_ready())

    request = Request.objects.get(pk=package.request_id)
    assert request.state == RequestState.FULFILLED
    assert package.state == PackageState.RELEASED
    assert package.expires_at is not None
    assert package.released_at is not None
    assert package.expires_at - package.released_at == LIFETIME
    message = Message.objects.get()
    content = vault.read_json(request, vault.open_key(request), f"message/{message.pk}")
    assert message.template == MailTemplate.PACKAGE_READY
    assert content == {"to": ALICE.value, "context": {"link_until": package.expires_at.isoformat()}}
    assert list_kinds(request)[-2:] == [EventKind.PACKAGE_RELEASED, EventKind.FULFILLED]
    assert open_released(request, at=package.released_at) == package


@pytest.mark.parametrize("state", [StepState.PARTLY_DONE, StepState.SKIPPED])
def test_where_a_system_could_not_hand_over_all_the_request_is_fulfilled_in_part(state: StepState) -> None:
    request = make_request()
    make_step(request, [("orders", {"id": 1})], state=state)

    do(build(request))

    request.refresh_from_db()
    assert request.state == RequestState.PARTLY_FULFILLED


def test_a_package_goes_to_no_contact_that_was_not_proven() -> None:
    package = make_ready()
    request = Request.objects.get(pk=package.request_id)
    vault.clear(request, "proven")

    with pytest.raises(NoProvenContact):
        do(package)

    assert not Message.objects.exists()
    assert Package.objects.get().state == PackageState.READY
    assert do(package, by_hand=True).state == PackageState.RELEASED
    assert not Message.objects.exists()


def test_a_package_of_a_request_that_nobody_proved_is_not_released() -> None:
    package = make_ready()
    Request.objects.update(verified_at=None)

    with pytest.raises(NotPossible):
        do(package, by_hand=True)


def test_a_package_that_was_tampered_with_is_not_released() -> None:
    package = make_ready()
    SealedPart.objects.filter(name=f"package/{package.pk}").delete()

    with pytest.raises(PackageNotWhole):
        do(package)

    assert Package.objects.get().state == PackageState.READY


def test_a_package_that_is_not_ready_is_not_released() -> None:
    with pytest.raises(NotPossible):
        do(begin(make_request()))


def test_two_officers_at_once_release_once() -> None:
    package = make_ready()
    version = Request.objects.get().version
    do(package)

    with pytest.raises(ChangedMeanwhile):
        do(package, version=version)
    with pytest.raises(NotPossible):
        do(package)

    assert Message.objects.count() == 1


def test_a_package_that_there_is_none_of_is_not_found() -> None:
    with pytest.raises(PackageNotFound):
        release(uuid4(), officer_id=1, version=0, at=JUNE_1)
    with pytest.raises(PackageNotFound):
        open_released(make_request(), at=JUNE_1)


def test_the_person_takes_the_package_a_limited_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_DOWNLOADS", 2)
    package = do(make_ready())

    for _ in range(2):
        assert len(b"".join(stream_package(package))) == package.size
    with pytest.raises(TooManyDownloads):
        stream_package(package)
    list(stream_package(package, officer_id=make_reader().pk))

    assert Download.objects.filter(by_officer=None).count() == 2
    assert Download.objects.count() == 3
    assert list_kinds(package.request).count(EventKind.DOWNLOADED) == 3


def test_when_its_time_is_over_a_package_is_destroyed() -> None:
    package = do(make_ready(), at=get_time() - LIFETIME - timedelta(seconds=1))
    other = do(make_ready())
    now = get_time()

    with pytest.raises(PackageGone):
        open_released(package.request, at=now)
    with pytest.raises(PackageGone):
        stream_package(package)
    assert expire_packages(at=now) == 1
    assert expire_packages(at=now) == 0

    package.refresh_from_db()
    assert package.state == PackageState.DESTROYED
    assert not SealedPart.objects.filter(name=f"package/{package.pk}").exists()
    assert SealedPart.objects.filter(name=f"package/{other.pk}").exists()
    assert RequestEvent.objects.get(kind=EventKind.PACKAGE_WITHDRAWN).ground == "expired"
    with pytest.raises(PackageGone):
        open_released(package.request, at=now)


def test_a_package_is_taken_back_and_its_link_leads_nowhere() -> None:
    package = do(make_ready())
    request = Request.objects.get(pk=package.request_id)
    now = get_time()
    link = Link.objects.create(
        request=request, purpose="package", token_hash="x", created_at=now, expires_at=now + LIFETIME
    )

    withdraw(package.pk, officer_id=make_reader().pk, version=request.version, at=now)

    link.refresh_from_db()
    assert link.revoked_at == now
    assert not SealedPart.objects.filter(name=f"package/{package.pk}").exists()
    with pytest.raises(PackageGone):
        stream_package(package)
    with pytest.raises(PackageGone):
        stream_package(package, officer_id=make_reader().pk)
    request.refresh_from_db()
    with pytest.raises(NotPossible):
        withdraw(package.pk, officer_id=make_reader().pk, version=request.version, at=now)


def test_what_the_request_held_is_destroyed_with_the_package() -> None:
    package = do(make_ready())
    vault.destroy(package.request)

    with pytest.raises(ContentDestroyed):
        stream_package(package)
