"""The story's chapter on data subject requests: a customer asks for their data, and then for its erasure."""

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command

from config.demo import shop_systems
from config.demo.asking import Asking
from config.demo.calls import Api
from config.demo.evidence import StoryFailed
from config.demo.people import HARBOR, Person, Residence, make_person
from config.demo.purchases import list_totals
from config.demo.rows import list_rows
from config.demo.stage import get_officers
from config.demo.telling import Teller
from consent.ledger.queries import get_time
from consent.records.services import import_rows
from consent.records.types import FaultCode
from consent.requests import queries, services
from consent.requests.types import RequestState
from lineage.leases.waking import wake

PATIENCE = 120.0  # seconds
LOOK = 0.2  # seconds between looks
OTHERS = 40
"""So many other customers are in the shop's systems, and stay there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Who asks, where, and what we tell of it."""

    person: Person
    api: Api
    asking: Asking
    folder: Path
    teller: Teller


def choose_customer(sent: Sequence[str]) -> Person:
    """Return whoever ordered most often, of those who were sent and live in Germany."""
    orders = {one.customer_id: one.orders for one in list_totals()}
    people = [one for one in map(make_person, sent) if one.residence is Residence.GERMANY]
    return max(people, key=lambda one: (orders[one.customer_id], one.customer_id))


def prepare(customer: Customer, others: Sequence[str]) -> None:
    """Have the shop's systems know the customer, and declare these systems to us."""
    shop_systems.fill([customer.person.customer_id, *others[:OTHERS]])
    shop_systems.declare()
    customer.teller.say("Two systems are declared: PostgreSQL (customers, orders) and SQLite (newsletter).")


def ask_for_access(customer: Customer) -> dict[str, Any]:
    """Have the customer ask for their data, and return what the package holds.

    :raises StoryFailed: if it is not put together, or does not hold what the systems do.
    """
    ada, _ = get_officers()
    begun = time.perf_counter()
    request_id = _send(customer, "access")
    view = queries.get_request(request_id=request_id)
    customer.teller.say(
        f"Customer {customer.person.customer_id}, logged in at the shop, asks for their data:"
        f" {view.reference}, law of {view.jurisdiction}, due {view.due_on}."
    )
    view = wait_for_state(request_id, RequestState.IN_REVIEW)
    package = queries.find_package(request_id)
    if package is None:
        raise StoryFailed("no package was put together")
    services.release(package.pk, officer_id=ada.pk, version=view.version, at=get_time())
    content = b"".join(queries.stream_package(package))
    seconds = round(time.perf_counter() - begun, 3)
    orders = _count_orders(content)
    if orders != shop_systems.count_rows(customer.person.customer_id)["orders"]:
        raise StoryFailed(f"the package holds {orders} orders, and the shop does not")
    customer.teller.say(
        f"After {seconds:,.1f} s Ada releases a package of {len(content):,} bytes to them: {orders} orders,"
    )
    customer.teller.say("  what they said, with receipts, and who received their data.")
    return {"reference": view.reference, "bytes": len(content), "orders": orders, "seconds": seconds}


def ask_for_erasure(customer: Customer) -> dict[str, Any]:
    """Have the customer ask for erasure, two officers decide, and return what came of it.

    :raises StoryFailed: if anything of the person is left, or comes back.
    :raises CommandError: if the certificate does not verify.
    """
    number, say = customer.person.customer_id, customer.teller.say
    before = shop_systems.count_rows(number)
    customer.asking.ask("the customer, before", number, expected=True)
    request_id = _send(customer, "erasure")
    begun = time.perf_counter()
    _approve(request_id)
    say("They ask for erasure. Ada proposes it, Ben approves it; from that moment on:")
    customer.asking.ask("the customer", number, expected=False)
    view = wait_for_state(request_id, RequestState.FULFILLED)
    seconds = round(time.perf_counter() - begun, 3)
    after = shop_systems.count_rows(number)
    if not all(before.values()) or any(after.values()):
        raise StoryFailed(f"rows before the erasure: {before}, and after it: {after}")
    say(f"{view.reference} is fulfilled {seconds:,.1f} s later. Rows of theirs, before and after:")
    say("  " + ", ".join(f"{table} {before[table]} → {after[table]}" for table in before))
    return {
        "reference": view.reference,
        "seconds": seconds,
        "rows_before": before,
        "rows_after": after,
        "reason": customer.asking.checks[-1]["reason"],
        "brought_back": _bring_back(customer),
        "certificate": str(_verify_certificate(request_id, customer)),
    }


def wait_for_state(request_id: UUID, state: RequestState) -> queries.RequestView:
    """Return the request once it is in `state`.

    :raises StoryFailed: if it is not within two minutes.
    """
    deadline = time.monotonic() + PATIENCE
    while (view := queries.get_request(request_id=request_id)).state is not state:
        if time.monotonic() > deadline:
            raise StoryFailed(f"{view.reference} is {view.state}, not {state}: do the workers run?")
        wake("enforcement.tell_recipients")  # the schedule comes by every 15 seconds
        time.sleep(LOOK)
    return view


def _send(customer: Customer, kind: str) -> UUID:
    person = customer.person
    answer = customer.api.post(
        "/api/v1/requests",
        {
            "type": kind,
            "controller": HARBOR,
            "identifiers": [
                {"kind": "customer_id", "value": person.customer_id},
                {"kind": "email", "value": person.email, "verified": True},
            ],
            "jurisdiction": person.residence.value,
            "vouched": True,
        },
    )
    return UUID(answer["id"])


def _approve(request_id: UUID) -> None:
    ada, ben = get_officers()
    version = queries.get_request(request_id=request_id).version
    services.propose(request_id, officer_id=ada.pk, version=version)
    version = queries.get_request(request_id=request_id).version
    services.approve(request_id, officer_id=ben.pk, version=version)


def _count_orders(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        names = [name for name in package.namelist() if "orders" in name and name.endswith(".csv")]
        return sum(len(package.read(name).splitlines()) - 1 for name in names)


def _bring_back(customer: Customer) -> int:
    """Import what the shop's file of that night says of the customer, and return how many came back: none.

    :raises StoryFailed: if they did.
    """
    at = get_time()
    totals = next(one for one in list_totals() if one.customer_id == customer.person.customer_id)
    day = at.replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [json.dumps(row).encode() for row in list_rows(customer.person, totals, day=day)]
    digest = hashlib.sha256(b"\n".join([*lines, at.isoformat().encode()])).hexdigest()
    report = import_rows(lines=lines, digest=digest, source="demo", at=at)
    if report.accepted or {fault.code for fault in report.faults} != {FaultCode.SUBJECT_ERASED}:
        raise StoryFailed(f"who was erased came back: {report}")
    customer.teller.say(f"The shop's file of tonight still names them: {report.faults[0].message}.")
    return report.accepted


def _verify_certificate(request_id: UUID, customer: Customer) -> Path:
    file = customer.folder / f"certificate-{queries.get_request(request_id=request_id).reference}.json"
    file.write_bytes(queries.get_certificate_file(request_id))
    certificate, out = queries.get_certificate(request_id), io.StringIO()
    for one in certificate.recipients:
        customer.teller.say(f"{one.recipient}: told {one.told} times, {one.state}.")
    call_command("verify_certificate", str(file), stdout=out)
    customer.teller.say(f"verify_certificate {file.name}")
    for line in out.getvalue().splitlines():
        customer.teller.say(f"  {line}")
    customer.teller.say(f"What they were written lies in {settings.EMAIL_FILE_PATH}.")
    return file
