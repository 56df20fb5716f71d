"""Systems that are asked over HTTP: by what is declared, and never believing more than was answered."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from consent.network.client import RecipientSilent
from consent.network.errors import DeliveryFailed, DeliveryRefused
from consent.requests.connectors.http.connector import HttpConnector, open_http
from consent.requests.connectors.http.settings import list_warnings, read_settings
from consent.requests.connectors.interface import DeclaredDataset, DeclaredSystem, SystemRefused
from consent.requests.types import Outcome, Person, StepAction, StepState
from consent.subjects.types import IdentifierKind
from tests.conformance.harness import Fault
from tests.fakes.person_service import SECRET, URL_ACTIONS, PersonService
from tests.fakes.service import Reply, running

ALICE = "alice@example.com"
PERSON = Person(identifiers={IdentifierKind.EMAIL: (ALICE, "a.b@example.com")})
POLLED = {
    "path": "/jobs",
    "body": {"emails": "{{email[]}}"},
    "answer": {"rows": "/rows", "dataset": "orders"},
    "poll": {
        "path": "/jobs/{reference}",
        "reference": "/id",
        "state": "/status",
        "done": ["finished"],
        "failed": ["broken"],
        "every_seconds": 5,
    },
}


@pytest.fixture
def service() -> Iterator[PersonService]:
    with running(PersonService) as one:
        one.orders = {ALICE: [{"n": n} for n in range(5)], "a.b@example.com": [{"n": 9}]}
        yield one


def connect(service: PersonService, *datasets: DeclaredDataset, **settings: Any) -> HttpConnector:
    return open_http(
        DeclaredSystem(
            slug="crm",
            settings=service.settings(**settings),
            secret=SECRET,
            datasets=datasets,
            allow_local=True,
        )
    )


def collect(connector: HttpConnector, key: str = "k") -> tuple[Outcome, list[tuple[str, Any]]]:
    rows: list[tuple[str, Any]] = []
    return connector.collect(PERSON, lambda dataset, row: rows.append((dataset, row)), key=key), rows


def only(**actions: Any) -> dict[str, Any]:
    return {"actions": actions}


def test_every_page_of_every_address_is_collected(service: PersonService) -> None:
    outcome, rows = collect(connect(service))

    assert rows == [("orders", {"n": n}) for n in (0, 1, 2, 3, 4, 9)]
    assert (outcome.state, outcome.datasets[0].found, outcome.datasets[0].done) == (StepState.DONE, 6, 6)
    keys = [asked.headers["idempotency-key"] for asked in service.asked]
    assert keys == ["k", "k-2", "k-3", "k-of-2"]


def test_no_identifier_goes_into_an_address_or_a_header(service: PersonService) -> None:
    connector = connect(service)
    collect(connector)
    connector.erase(PERSON, key="e")

    for asked in service.asked:
        told = json.dumps([asked.path, asked.query, dict(asked.headers)])
        assert "alice" not in told
        assert "a.b" not in told


def test_erasing_is_told_in_counts_and_asked_again_it_changes_nothing(service: PersonService) -> None:
    connector = connect(service)

    first = connector.erase(PERSON, key="k")
    again = connector.erase(PERSON, key="k")
    gone = connector.verify_gone(PERSON, key="v")

    assert first == again
    assert (first.state, first.datasets[0].found, first.datasets[0].done) == (StepState.DONE, 6, 6)
    assert (gone.state, gone.datasets[0].found) == (StepState.DONE, 0)


def test_what_a_service_keeps_is_told_with_its_ground(service: PersonService) -> None:
    service.kept = 2

    outcome = connect(service).erase(PERSON, key="k")

    (report,) = outcome.datasets
    assert (outcome.state, report.done, report.kept, report.ground) == (StepState.DONE, 4, 2, "tax law")


def test_what_is_still_there_is_found(service: PersonService) -> None:
    outcome = connect(service).verify_gone(PERSON, key="v")

    assert (outcome.state, outcome.datasets[0].found) == (StepState.PARTLY_DONE, 6)


def test_corrections_go_into_the_body(service: PersonService) -> None:
    outcome = connect(service).rectify(PERSON, {"name": "Alicia"}, key="k")

    assert outcome.state is StepState.DONE
    assert service.asked[0].json() == {
        "who": {"email": [ALICE, "a.b@example.com"]},
        "to": {"name": "Alicia"},
    }


def test_who_cannot_be_asked_for_is_not_there(service: PersonService) -> None:
    nobody = Person(identifiers={IdentifierKind.PHONE: ("+4917012345",)})

    outcome = connect(service).erase(nobody, key="k")

    assert outcome.state is StepState.DONE
    assert service.asked == []


def test_an_action_that_is_not_declared_is_done_by_hand(service: PersonService) -> None:
    outcome = connect(service).restrict(PERSON, key="k")

    assert outcome.state is StepState.WAITING
    assert not outcome.reference


def test_a_hold_goes_to_the_service_or_to_a_human(service: PersonService) -> None:
    held = DeclaredDataset(name="orders", fields=(), hold="case 7: a court case")
    connector = connect(service, held)
    connector.erase(PERSON, key="k")
    assert service.asked[-1].json()["keep"] == ["orders"]

    blunt = {**URL_ACTIONS["erase"], "body": {"emails": "{{email[]}}"}}
    outcome = connect(service, held, **only(erase=blunt)).erase(PERSON, key="j")

    assert outcome.state is StepState.WAITING
    assert len(service.asked) == 1


def test_a_job_is_asked_about_until_it_is_done(service: PersonService) -> None:
    connector = connect(service, **only(collect=POLLED))
    outcome, rows = collect(connector)
    assert (outcome.state, outcome.reference, rows) == (StepState.WAITING, "job-7", [])
    assert connector.poll_seconds == 5

    def resume() -> Outcome:
        take = lambda dataset, row: rows.append((dataset, row))  # noqa: E731
        told = {"key": "k", "reference": "job-7"}
        return connector.resume(StepAction.COLLECT, PERSON, take, **told)

    assert resume().state is StepState.WAITING
    service.job = "finished"
    assert resume().state is StepState.DONE
    assert rows == [("orders", {"n": 1}), ("orders", {"n": 2})]
    service.job = "broken"
    with pytest.raises(SystemRefused):
        resume()


def test_lines_are_read_while_they_come(service: PersonService) -> None:
    lines = b"".join(b'{"n": %d}\n' % n for n in range(50_000))
    service.raw = Reply(200, lines)
    template = {
        "path": "/export",
        "body": {"emails": "{{email[]}}"},
        "answer": {"form": "ndjson", "rows": "", "dataset": "events"},
    }

    outcome, rows = collect(connect(service, **only(collect=template), answer_bytes=1000))

    assert len(rows) == 50_000
    assert outcome.datasets[0].done == 50_000


@pytest.mark.parametrize(
    "raw", [b"<html>", b"[1, 2", b'{"rows": 7}', b'{"rows": [1]}', b"{}", b"[" * 100_000]
)
def test_garbage_is_refused_and_not_repeated(service: PersonService, raw: bytes) -> None:
    service.raw = Reply(200, raw)

    with pytest.raises(SystemRefused) as refused:
        collect(connect(service))

    assert raw.decode()[:20] not in str(refused.value)


@pytest.mark.parametrize("count", [b"-1", b'"7"', b"true", b"1.5", b"1e400", b"9" * 400])
def test_counts_that_cannot_be_are_refused(service: PersonService, count: bytes) -> None:
    service.raw = Reply(200, b'{"found": %s, "erased": 0, "kept": 0}' % count)

    with pytest.raises(SystemRefused):
        connect(service).erase(PERSON, key="k")


def test_pages_that_lead_in_a_circle_end(service: PersonService) -> None:
    service.raw = Reply(200, {"rows": [], "total": 0, "next": "the same"})

    with pytest.raises(SystemRefused, match="never end"):
        collect(connect(service))


def test_an_answer_that_is_too_long_is_not_read(service: PersonService) -> None:
    service.raw = Reply(200, b'{"rows": ["' + b"x" * 5000 + b'"]}')

    with pytest.raises(DeliveryFailed):
        collect(connect(service, answer_bytes=1000))


@pytest.mark.parametrize("reference", ["../admin", "a/b", "..", "", "x" * 201, "a b", {"a": 1}])
def test_a_reference_that_would_lead_elsewhere_is_refused(service: PersonService, reference: Any) -> None:
    service.raw = Reply(202, {"id": reference})

    with pytest.raises(SystemRefused):
        collect(connect(service, **only(collect=POLLED)))


@pytest.mark.parametrize("fault", [Fault.HANGS, Fault.IN_TROUBLE, Fault.UNREACHABLE])
def test_a_service_in_trouble_is_asked_again_later(service: PersonService, fault: Fault) -> None:
    connector = connect(service, timeout_seconds=0.3)
    with service.broken(fault), pytest.raises((DeliveryFailed, RecipientSilent)):
        connector.erase(PERSON, key="k")


def test_a_service_that_says_no_is_not_asked_again(service: PersonService) -> None:
    connector = open_http(
        DeclaredSystem(slug="crm", settings=service.settings(), secret="wrong", allow_local=True)
    )

    with pytest.raises(DeliveryRefused) as refused:
        connector.erase(PERSON, key="k")

    assert "wrong" not in str(refused.value)


def test_an_identifier_in_an_address_is_declared_warned_of_and_escaped(service: PersonService) -> None:
    template = {
        "path": "/people/{email}/data",
        "method": "DELETE",
        "identifiers_in_url": True,
        "answer": {"nothing": [404]},
    }
    settings = service.settings(**only(erase=template))
    person = Person(identifiers={IdentifierKind.EMAIL: ("../x?y=1#@example.com",)})

    connect(service, **only(erase=template)).erase(person, key="k")

    assert service.asked[0].path == "/people/..%2Fx%3Fy%3D1%23%40example.com/data"
    assert len(list_warnings(read_settings(settings, allow_local=True))) == 1


@pytest.mark.parametrize(
    "template",
    [
        {"path": "/x/{email}", "method": "DELETE"},  # not said
        {"path": "/x", "identifiers_in_url": True, "body": {"e": "{{email}}"}},
        {"path": "/x", "body": {"nobody": 1}},
        {"path": "/x", "body": {"e": "{{emial}}"}},
        {"path": "/x", "body": {"e": "name: {{email}}"}},
        {"path": "/x", "body": {"{{email}}": 1}},
        {"path": "/x", "body": {"e": "{{email}}", "p": "{{phone}}"}},
        {"path": "x", "body": {"e": "{{email}}"}},
        {"path": "/../x", "body": {"e": "{{email}}"}},
        {"path": "/x\r\nA: b", "body": {"e": "{{email}}"}},
        {"path": "/x", "method": "GET", "body": {"e": "{{email}}"}},
        {"path": "/x", "body": {"e": "{{email}}"}, "headers": {"Host": "other"}},
        {"path": "/x", "body": {"e": "{{email}}"}, "headers": {"X-Who": "{email}"}},
        {"path": "/x", "body": {"e": "{{email}}"}, "headers": {"X\r\nY": "1"}},
        {"path": "/x", "body": {"e": "{{email}}"}, "unknown": 1},
        {"path": "/x", "body": {"e": "{{email}}"}, "answer": {"rows": "no pointer"}},
        {**POLLED, "body": {"e": "{{email}}"}},
    ],
)
def test_a_template_that_cannot_be_right_is_refused_when_it_is_declared(template: Mapping[str, Any]) -> None:
    settings = {"url": "https://crm.example", "actions": {"erase": template}}

    with pytest.raises(SystemRefused):
        read_settings(settings, allow_local=False)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "http://crm.example"},
        {"url": "https://crm.example/path"},
        {"url": "https://user:pass@crm.example"},
        {"url": "https://crm.example", "header": "Host"},
        {"url": "https://crm.example", "actions": {"collect": {"path": "/x", "body": ["{{email}}"]}}},
        {"url": "https://crm.example", "actions": {"verify_gone": {"path": "/x", "body": ["{{email}}"]}}},
        {"url": "https://crm.example", "actions": {"destroy": {}}},
    ],
)
def test_settings_that_cannot_be_right_are_refused(settings: Mapping[str, Any]) -> None:
    with pytest.raises(SystemRefused):
        read_settings(settings, allow_local=False)


def test_a_local_address_is_not_asked_where_that_is_not_allowed(service: PersonService) -> None:
    system = DeclaredSystem(slug="crm", settings=service.settings(url=f"https://127.0.0.1:{service.port}"))

    with pytest.raises(DeliveryRefused):
        open_http(system).erase(PERSON, key="k")


def test_rows_are_shown_up_to_a_limit_before_anything_is_done(service: PersonService) -> None:
    rows: list[Any] = []

    outcome = connect(service).find(PERSON, lambda _, row: rows.append(row), limit=3)

    assert len(rows) == 3
    assert outcome.state is StepState.PARTLY_DONE
    assert connect(service).probe().startswith("its address")
