"""Requests for access whose steps are done, with what they collected, for the tests of packages."""

import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Permission, User
from django.db import transaction

from consent.requests import vault
from consent.requests.models import Dataset, Package, Request, Step, System
from consent.requests.moving import lock_request
from consent.requests.packages.building import begin_package, build_package
from consent.requests.packages.reading import stream_package
from consent.requests.persons import keep_person
from consent.requests.types import Level, Method, RequestState, RequestType, StepAction, StepState, SystemKind
from consent.subjects.types import Identifier, IdentifierKind
from tests.policy_officers import make_officer

JUNE_1 = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALICE = Identifier(IdentifierKind.EMAIL, "alice@customers.example")


def make_reader(name: str = "olga") -> User:
    """Return an officer who may read what was found about people."""
    officer = make_officer(name)
    officer.user_permissions.add(Permission.objects.get(codename="read_request_content"))
    return User.objects.get(pk=officer.pk)


def make_request(
    *, asks_for: RequestType = RequestType.ACCESS, language: str = "en", subjects: Iterable[str] = ()
) -> Request:
    """Return Alice's request, verified by a code sent to her address, in progress."""
    request = Request(
        id=uuid4(),
        reference=f"R{uuid4().hex[:10].upper()}",
        type=asks_for,
        state=RequestState.IN_PROGRESS,
        controller="acme",
        channel="portal",
        language=language,
        jurisdiction="DE",
        received_at=JUNE_1,
        due_at=JUNE_1,
        level=Level.CONTACT,
        verified_at=JUNE_1,
        verified_by=Method.EMAIL_CODE,
        subjects=list(subjects),
    )
    key = vault.give_key(request)
    request.save(force_insert=True)
    keep_person(request, key, [ALICE])
    proven = [{"kind": ALICE.kind.value, "value": ALICE.value, "verified": True}]
    vault.write_json(request, key, "proven", {"identifiers": proven})
    return request


def make_system(slug: str = "crm", *, title: str = "Customer register", order: int = 100) -> System:
    """Return the system called `slug`, new if there is none."""
    values = {"title": title, "kind": SystemKind.SQL, "order": order}
    return System.objects.get_or_create(slug=slug, defaults=values)[0]


def make_dataset(system: System, name: str, **values: Any) -> Dataset:
    """Return a new dataset of the data map."""
    return Dataset.objects.create(system=system, name=name, **{"title": name.title(), **values})


def make_step(
    request: Request,
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    *,
    system: System | None = None,
    state: StepState = StepState.DONE,
    action: StepAction = StepAction.COLLECT,
) -> Step:
    """Return an ended step that collected `rows`: pairs of a dataset's name and a row."""
    if action is StepAction.COLLECT:
        system = system or make_system()
    step = Step(request=request, phase=1, action=action, system=system, state=state, ended_at=JUNE_1)
    step.save(force_insert=True)
    writer = vault.make_writer(request, vault.open_key(request), f"step/{step.pk}")
    for dataset, row in rows:
        writer.add(json.dumps({"dataset": dataset, "row": row}).encode() + b"\n")
        step.found += 1
    writer.end()
    step.parts, step.done = writer.parts, step.found
    step.save()
    return step


def begin(request: Request) -> Package:
    """Begin the package, as the last step of a request does."""
    with transaction.atomic():
        return begin_package(lock_request(request.pk))


def build(request: Request) -> Package:
    """Have the package begun and built, and return it, ready."""
    package = begin(request)
    assert build_package(package.pk)
    package.refresh_from_db()
    return package


def read_files(package: Package) -> dict[str, bytes]:
    """Return the package's files by name, taken as an officer takes them."""
    content = b"".join(stream_package(package, officer_id=make_reader().pk))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}
