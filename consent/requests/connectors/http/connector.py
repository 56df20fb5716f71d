"""A service that is asked over HTTP, at checked addresses, as its declaration says."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import quote

from consent.network.client import Limits, open_client
from consent.requests.connectors.headers import insist_on_header_secret
from consent.requests.connectors.http import answers
from consent.requests.connectors.http.answers import Counts
from consent.requests.connectors.http.asking import Service, ask_all, take_document
from consent.requests.connectors.http.concluding import by_hand, conclude
from consent.requests.connectors.http.settings import (
    ActionTemplate,
    HttpSettings,
    list_actions,
    read_settings,
)
from consent.requests.connectors.http.templates import Filling, list_kinds, list_single_kinds, uses_keep
from consent.requests.connectors.interface import DeclaredSystem, Row, Sink, SystemRefused
from consent.requests.types import OnErasure, Outcome, Person, StepAction, StepState
from consent.subjects.types import IdentifierKind

_HELD = "a legal hold stands on data here, and the declaration does not tell the service what to keep"


class _Enough(Exception):
    """As many rows as are shown were seen."""


class HttpConnector:
    """One service. Each question carries the step's key, the same when it is asked again."""

    def __init__(self, system: DeclaredSystem, settings: HttpSettings) -> None:
        self._system, self._settings = system, settings
        self.poll_seconds = 60.0

    def probe(self) -> str:
        """Return what the service can be asked, once it has answered."""
        told = ", ".join(name for name, _ in list_actions(self._settings)) or "nothing: all is done by hand"
        with self._open() as service:
            if self._settings.probe is None:
                return f"its address can be asked, and was not: no probe is declared. Declared: {told}"
            answer = service.get(self._settings.probe)
        return f"it answered with status {answer.status}. Declared: {told}"

    def find(self, person: Person, sink: Sink, *, limit: int) -> Outcome:
        """Show rows by the template for collecting, if there is one that answers at once."""
        template = self._settings.actions.collect
        if template is None or template.poll is not None:
            return by_hand("the declaration has no template that shows rows at once")
        shown = 0

        def take(dataset: str, row: Row) -> None:
            nonlocal shown
            if shown >= limit:
                raise _Enough
            shown += 1
            sink(dataset, row)

        try:
            return self._act("collect", person, take, key="dry-run")
        except _Enough:
            return Outcome(state=StepState.PARTLY_DONE, note=f"there are more than {limit} rows")

    def collect(self, person: Person, sink: Sink, *, key: str) -> Outcome:
        """Hand over every row of every page."""
        return self._act("collect", person, sink, key=key)

    def rectify(self, person: Person, corrections: Mapping[str, str], *, key: str) -> Outcome:
        """Have it corrected."""
        return self._act("rectify", person, _take_nothing, key=key, corrections=corrections)

    def restrict(self, person: Person, *, key: str) -> Outcome:
        """Have it restricted."""
        return self._act("restrict", person, _take_nothing, key=key)

    def erase(self, person: Person, *, key: str) -> Outcome:
        """Have it erased, but for what is held; by hand, if the service cannot be told that."""
        template = self._settings.actions.erase
        is_held = any(one.hold for one in self._system.datasets)
        if template is not None and is_held and not uses_keep(template.body):
            return by_hand(_HELD)
        return self._act("erase", person, _take_nothing, key=key)

    def verify_gone(self, person: Person, *, key: str) -> Outcome:
        """Ask what is still there."""
        return self._act("verify_gone", person, _take_nothing, key=key)

    def resume(self, action: StepAction, person: Person, sink: Sink, *, key: str, reference: str) -> Outcome:  # noqa: ARG002 - the interface
        """Ask how far the service is."""
        template: ActionTemplate | None = getattr(self._settings.actions, action.value)
        if template is None or template.poll is None:
            raise SystemRefused("the declaration does not say any more how the service is asked again")
        self.poll_seconds = template.poll.every_seconds
        with self._open() as service:
            path = template.poll.path.replace("{reference}", quote(reference, safe=""))
            document = answers.read_json(service.get(path))
        state = answers.read_state(document, template.poll.state)
        if state in template.poll.failed:
            raise SystemRefused("the service says that it could not do it")
        if state not in template.poll.done:
            return Outcome(state=StepState.WAITING, reference=reference)
        counts = Counts()
        take_document(document, template, self._taker(action.value, template, sink), counts)
        return conclude(action.value, template.answer, counts)

    def _act(
        self,
        name: str,
        person: Person,
        sink: Sink,
        *,
        key: str,
        corrections: Mapping[str, str] | None = None,
    ) -> Outcome:
        template: ActionTemplate | None = getattr(self._settings.actions, name)
        if template is None:
            return by_hand("the declaration of this system has no template for this")
        counts, take = Counts(), self._taker(name, template, sink)
        with self._open() as service:
            for number, single in enumerate(_list_singles(template, person), start=1):
                filling = Filling(
                    person=person,
                    key=key if number == 1 else f"{key}-of-{number}",
                    single=single,
                    corrections=corrections or {},
                    keep=self._list_kept(),
                )
                reference = ask_all(service, template, filling, take=take, counts=counts)
                if reference and template.poll:
                    self.poll_seconds = template.poll.every_seconds
                    return Outcome(state=StepState.WAITING, reference=reference)
        return conclude(name, template.answer, counts)

    def _taker(self, name: str, template: ActionTemplate, sink: Sink) -> Callable[[Row], None]:
        def take(row: Row) -> None:
            if name == "collect":
                sink(template.answer.dataset, row)

        return take

    def _list_kept(self) -> tuple[str, ...]:
        kept = (one.name for one in self._system.datasets if one.hold or one.on_erasure is OnErasure.KEEP)
        return tuple(kept)

    @contextmanager
    def _open(self) -> Iterator[Service]:
        seconds = self._settings.timeout_seconds
        limits = Limits(
            connect_seconds=min(10.0, seconds),
            read_seconds=seconds,
            write_seconds=seconds,
            total_seconds=seconds,
            answer_bytes=self._settings.answer_bytes,
        )
        headers = {self._settings.header: self._settings.prefix + self._system.secret}
        with open_client(self._settings.url, allow_local=self._system.allow_local, limits=limits) as client:
            yield Service(client, self._settings, headers if self._system.secret else {})


def open_http(system: DeclaredSystem) -> HttpConnector:
    """Return the connector of that service.

    :raises SystemRefused: if its declaration or its secret cannot be used.
    """
    settings = read_settings(system.settings, allow_local=system.allow_local)
    insist_on_header_secret(system)
    return HttpConnector(system, settings)


def _list_singles(template: ActionTemplate, person: Person) -> list[str]:
    """Return the values that the question is asked for, one by one; one empty if it takes lists."""
    single = list_single_kinds(template.path, template.body)
    if single:
        (kind,) = single
        return list(person.identifiers.get(IdentifierKind(kind), ()))
    known = {kind.value for kind, values in person.identifiers.items() if values}
    return [""] if known & list_kinds(template.path, template.body) else []


def _take_nothing(_dataset: str, _row: Row) -> None:
    """Take a row of an answer that should have none."""
