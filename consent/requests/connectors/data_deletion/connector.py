"""A recipient that is asked to delete, identifier by identifier, and signs that it has each request."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import urlsplit

from consent.kernel import canonical
from consent.ledger.queries import get_time
from consent.network.client import Answer, Limits, open_client
from consent.network.patience import Asker, Patience, Question, Verdict, judge_status
from consent.requests.connectors.data_deletion.settings import (
    DataDeletionSettings,
    Published,
    read_endpoint,
    read_published,
    read_settings,
)
from consent.requests.connectors.data_deletion.tokens import list_named, read_receipt, write_request
from consent.requests.connectors.http.concluding import by_hand
from consent.requests.connectors.interface import DeclaredSystem, Sink, SystemRefused
from consent.requests.protocols.data_deletion.keys import DataDeletionClosed, Requester, read_requester
from consent.requests.types import DatasetReport, OnErasure, Outcome, Person, StepState

_TAKEN, _NOT_SUPPORTED = 0, frozenset({4, 5})
_DISCOVERY = "/dsrdelete.json"
_ANSWER_BYTES = 200_000
_ONLY_DELETION = "the Data Deletion Request Framework knows nothing but deletion"


class DataDeletionConnector:
    """One recipient. That it has deleted, the framework does not tell: only that it has the request."""

    def __init__(self, system: DeclaredSystem, settings: DataDeletionSettings, requester: Requester) -> None:
        self._system, self._settings, self._requester = system, settings, requester

    def probe(self) -> str:
        """Return what the recipient publishes that it takes."""
        found = self._discover()
        kinds = len(found.identifiers)
        return f"it publishes {kinds} forms of identifiers, and {len(found.publicKey)} keys"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:  # noqa: ARG002 - the interface
        """Show nothing: the framework has no question."""
        return Outcome(state=StepState.WAITING, note="the framework shows nothing before it acts")

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Leave it to a human."""
        return by_hand(_ONLY_DELETION)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:  # noqa: ARG002
        """Leave it to a human."""
        return by_hand(_ONLY_DELETION)

    def restrict(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Leave it to a human."""
        return by_hand(_ONLY_DELETION)

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Send a request for each identifier that it takes; by hand, if something is to be kept."""
        if any(one.hold or one.on_erasure is OnErasure.KEEP for one in self._system.datasets):
            return by_hand("something is kept on a ground here, and the framework cannot say what")
        published = self._discover()
        if published.vendorScriptRequirement:
            return by_hand("the recipient takes deletions by a script in the person's browser only")
        named = list(list_named(person, published.identifiers, self._settings.types))
        if not named:
            return by_hand("the recipient takes no form of what this person is found by")
        results: Counter[int] = Counter()
        with self._ask_endpoint(published) as asker:
            for number, one in enumerate(named, start=1):
                token = write_request(one, self._requester, key=key, number=number, at=get_time())
                results[self._send(asker, token, published)] += 1
        return _conclude(results)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:  # noqa: ARG002 - the interface
        """Take the recipient's signed receipt, if the declaration says so; else leave it to a human."""
        if self._settings.believe_receipt:
            return Outcome(state=StepState.DONE, note="the recipient signed that it has the request, no more")
        return by_hand("the framework cannot be asked what is still there")

    def _send(self, asker: Asker, token: str, published: Published) -> int:
        is_json = self._settings.form == "json"
        question = Question(
            method="POST",
            headers={
                "Content-Type": "application/json" if is_json else "application/jwt",
                "Accept": "application/json",
            },
            content=json.dumps({"rqJWT": token}).encode() if is_json else token.encode(),
        )
        receipt = _find_receipt(asker.ask(lambda: question))
        return read_receipt(receipt, request=token, keys=published.publicKey, domain=self._settings.domain)

    def _discover(self) -> Published:
        with self._open(self._settings.url) as asker:
            question = Question(method="GET", target=_DISCOVERY, headers={"Accept": "application/json"})
            return read_published(asker.ask(lambda: question).content)

    @contextmanager
    def _ask_endpoint(self, published: Published) -> Iterator[Asker]:
        host = urlsplit(self._settings.url).hostname or ""
        read_endpoint(
            published, domain=self._settings.domain, host=host, allow_local=self._system.allow_local
        )
        with self._open(published.endpoint) as asker:
            yield asker

    @contextmanager
    def _open(self, url: str) -> Iterator[Asker]:
        seconds = self._settings.timeout_seconds
        limits = Limits(
            connect_seconds=min(10.0, seconds),
            read_seconds=seconds,
            write_seconds=seconds,
            total_seconds=seconds,
            answer_bytes=_ANSWER_BYTES,
        )
        with open_client(url, allow_local=self._system.allow_local, limits=limits) as client:
            patience = Patience(attempts=self._settings.attempts)
            yield Asker(client=client, name="the recipient", patience=patience, judge=_judge)


def open_data_deletion(system: DeclaredSystem) -> DataDeletionConnector:
    """Return the connector of that recipient.

    :raises SystemRefused: if its declaration cannot be used, or we cannot sign.
    """
    settings = read_settings(system.settings, allow_local=system.allow_local)
    try:
        requester = read_requester()
    except DataDeletionClosed as closed:
        raise SystemRefused(str(closed)) from None
    return DataDeletionConnector(system, settings, requester)


def _judge(answer: Answer) -> Verdict:
    """Return what the status says: 400 comes with a receipt that says why."""
    return Verdict.TAKEN if answer.status == 400 else judge_status(answer)


def _find_receipt(answer: Answer) -> str:
    """Return the receipt of an answer: the token alone, or in an object."""
    text = answer.content.strip()
    if text.startswith(b"{"):
        try:
            told = canonical.loads(text)
        except canonical.MalformedJson:
            raise SystemRefused("the recipient answered what is no JSON") from None
        found = told.get("acJWT") if isinstance(told, dict) else None
        if isinstance(found, str):
            return found
    elif text.count(b".") == 2 and text.isascii():
        return text.strip(b'"').decode()
    raise SystemRefused(f"the recipient answered without a receipt (status {answer.status})")


def _conclude(results: Counter[int]) -> Outcome:
    taken = results[_TAKEN]
    unsupported = sum(results[code] for code in _NOT_SUPPORTED)
    if taken + unsupported < results.total():
        codes = ", ".join(str(code) for code in sorted(results) if code not in {_TAKEN, *_NOT_SUPPORTED})
        raise SystemRefused(f"the recipient signed that it does not take the request (result {codes})")
    report = DatasetReport(dataset="identifiers", found=results.total(), done=taken)
    if unsupported:
        note = "the recipient does not take some of the identifiers that it publishes"
        return Outcome(state=StepState.PARTLY_DONE, datasets=(report,), note=note)
    note = "the recipient signed that it has the request; the framework does not tell that it is done"
    return Outcome(state=StepState.DONE, datasets=(report,), note=note)
