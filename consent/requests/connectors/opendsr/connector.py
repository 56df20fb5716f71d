"""A processor that is sent requests by OpenDSR, and asked how far they are."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC
from typing import Any

from cryptography import x509
from django.conf import settings

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.network.client import Answer, Limits, open_client
from consent.network.patience import Asker, Patience, Question
from consent.requests.connectors.headers import insist_on_header_secret
from consent.requests.connectors.http.concluding import by_hand
from consent.requests.connectors.interface import DeclaredSystem, Sink, SystemFailed, SystemRefused
from consent.requests.connectors.opendsr.settings import OpenDsrSettings, read_certificate, read_settings
from consent.requests.connectors.opendsr.signatures import check_answer
from consent.requests.types import OnErasure, Outcome, Person, StepAction, StepState
from consent.subjects.types import IdentifierKind

IDENTITIES: Mapping[IdentifierKind, tuple[str, str]] = {
    IdentifierKind.CUSTOMER_ID: ("controller_customer_id", "raw"),
    IdentifierKind.EMAIL: ("email", "raw"),
    IdentifierKind.EMAIL_SHA256: ("email", "sha256"),
}
"""Kind -> what it is sent as. Of an advertising or device id we do not know whose system's it is."""
_PATHS = {"opendsr": "/requests", "opengdpr": "/opengdpr_requests"}
_VERSIONS = {"opendsr": "2.0", "opengdpr": "0.1"}
_ANSWER_BYTES = 200_000
Ask = Callable[[str, str, bytes], dict[str, Any]]


class OpenDsrConnector:
    """One processor. A step's key is its request's id, so that the same again is the same request."""

    def __init__(self, system: DeclaredSystem, declared: OpenDsrSettings) -> None:
        self._system, self._settings = system, declared
        self._certificate: x509.Certificate = read_certificate(declared)
        self.poll_seconds = declared.every_seconds

    def probe(self) -> str:
        """Return what the processor says that it takes."""
        with self._open() as ask:
            found = ask("GET", "/discovery", b"")
        types = found.get("supported_subject_request_types")
        known = [one for one in ("access", "erasure") if isinstance(types, list) and one in types]
        return f"it signed what it takes: {', '.join(known) or 'nothing that we send'}"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:  # noqa: ARG002 - the interface
        """Show nothing: the protocol has no question."""
        return Outcome(state=StepState.WAITING, note="the protocol shows nothing before it acts")

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Ask for access."""
        return self._send("access", person, key)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:  # noqa: ARG002
        """Leave it to a human: the protocol knows no correction."""
        return by_hand("OpenDSR has no corrections")

    def restrict(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Leave it to a human: the protocol knows no restriction."""
        return by_hand("OpenDSR has no restrictions")

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Ask for erasure; by hand, if something is to be kept: the protocol cannot say what."""
        if any(one.hold or one.on_erasure is OnErasure.KEEP for one in self._system.datasets):
            return by_hand("something is kept on a ground here, and OpenDSR cannot say what")
        return self._send("erasure", person, key)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Take the processor's signed word, if the declaration says so; else leave it to a human."""
        if self._settings.believe_completion:
            return Outcome(state=StepState.DONE, note="the processor signed that the erasure is complete")
        return by_hand("OpenDSR cannot be asked what is still there")

    def resume(self, action: StepAction, person: Person, sink: Sink, *, key: str, reference: str) -> Outcome:  # noqa: ARG002
        """Ask how far the processor is."""
        with self._open() as ask:
            told = ask("GET", f"{_PATHS[self._settings.names]}/{key}", b"")
        self._check(told, key)
        return _conclude(action, told, reference)

    def _send(self, kind: str, person: Person, key: str) -> Outcome:
        identities = list(_list_identities(person))
        if not identities:
            return Outcome(state=StepState.DONE, note="nobody is known there by what this person is found by")
        body: dict[str, Any] = {
            "regulation": self._settings.regulation,
            "subject_request_id": key,
            "subject_request_type": kind,
            "submitted_time": get_time().astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "subject_identities": identities,
            "api_version": _VERSIONS[self._settings.names],
        }
        if base := settings.PUBLIC_URL.rstrip("/"):
            body["status_callback_urls"] = [f"{base}/opendsr/v2/callbacks/{key}"]
        with self._open() as ask:
            told = ask("POST", _PATHS[self._settings.names], json.dumps(body).encode())
        self._check(told, key)
        return Outcome(state=StepState.WAITING, reference=key, note="the processor signed that it has it")

    def _check(self, told: Mapping[str, Any], key: str) -> None:
        if told.get("subject_request_id") != key:
            raise SystemRefused("the processor answered about another request")

    @contextmanager
    def _open(self) -> Iterator[Ask]:
        seconds = self._settings.timeout_seconds
        limits = Limits(
            connect_seconds=min(10.0, seconds),
            read_seconds=seconds,
            write_seconds=seconds,
            total_seconds=seconds,
            answer_bytes=_ANSWER_BYTES,
        )
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self._system.secret:
            headers["Authorization"] = f"Bearer {self._system.secret}"
        with open_client(self._settings.url, allow_local=self._system.allow_local, limits=limits) as client:
            asker = Asker(
                client=client, name="the processor", patience=Patience(attempts=self._settings.attempts)
            )
            base = client.address.target.rstrip("/")

            def ask(method: str, path: str, content: bytes) -> dict[str, Any]:
                question = Question(method=method, target=base + path, headers=headers, content=content)
                return self._read(asker.ask(lambda: question))

            yield ask

    def _read(self, answer: Answer) -> dict[str, Any]:
        """Return what the processor said, once its signature holds: nothing is read before."""
        check_answer(
            answer.content,
            answer.headers,
            certificate=self._certificate,
            domain=self._settings.domain,
            at=get_time(),
        )
        try:
            told = canonical.loads(answer.content)
        except canonical.MalformedJson:
            raise SystemRefused("the processor signed what is no JSON") from None
        if not isinstance(told, dict):
            raise SystemRefused("the processor signed what is no object")
        return told


def open_opendsr(system: DeclaredSystem) -> OpenDsrConnector:
    """Return the connector of that processor.

    :raises SystemRefused: if its declaration or its secret cannot be used.
    """
    declared = read_settings(system.settings, allow_local=system.allow_local)
    insist_on_header_secret(system)
    return OpenDsrConnector(system, declared)


def _list_identities(person: Person) -> Iterator[dict[str, str]]:
    for kind, (name, form) in IDENTITIES.items():
        for value in person.identifiers.get(kind, ()):
            yield {"identity_type": name, "identity_value": value, "identity_format": form}


def _conclude(action: StepAction, told: Mapping[str, Any], reference: str) -> Outcome:
    status = told.get("request_status")
    if status in {"pending", "in_progress"}:
        return Outcome(state=StepState.WAITING, reference=reference)
    if status == "cancelled":
        raise SystemRefused("the processor signed that it cancelled the request")
    if status != "completed":
        raise SystemFailed("the processor signed a status that the protocol does not have")
    if action is StepAction.COLLECT:
        return by_hand("the processor has the data ready, and OpenDSR does not say in what form")
    return Outcome(state=StepState.DONE, note="the processor signed that it is complete; it counts no rows")
