"""Questions made of templates, and the answers to them, page by page."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from consent.network.client import Answer, GuardedClient
from consent.network.patience import Asker, Patience, Question, Verdict, judge_status
from consent.requests.connectors.http import answers
from consent.requests.connectors.http.pointers import write_at
from consent.requests.connectors.http.settings import ActionTemplate, HttpSettings
from consent.requests.connectors.http.templates import Filling, fill_body, fill_path
from consent.requests.connectors.interface import Row, SystemFailed, SystemRefused

_NAME = "the service"
_ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is connected to, with what every question to it says."""

    client: GuardedClient
    settings: HttpSettings
    headers: Mapping[str, str] = field(repr=False)

    def ask(self, template: ActionTemplate, filling: Filling, *, key: str, body: Any) -> Answer:
        """Return the answer to one question, asked patiently.

        :raises DeliveryFailed, DeliveryRefused: if there is none, or it is a no.
        """
        nothing = frozenset(template.answer.nothing)

        def judge(answer: Answer) -> Verdict:
            return Verdict.TAKEN if answer.status in nothing else judge_status(answer)

        question = self._question(template, filling, key=key, body=body)
        wait = self.settings.longest_wait_seconds
        patience = Patience(
            attempts=self.settings.attempts, first_wait_seconds=min(1.0, wait), longest_wait_seconds=wait
        )
        asker = Asker(client=self.client, name=_NAME, patience=patience, judge=judge)
        return asker.ask(lambda: question)

    def get(self, path: str) -> Answer:
        """Return the answer to a plain question.

        :raises DeliveryFailed, DeliveryRefused: if there is none, or it is a no.
        """
        patience = Patience(attempts=1)
        question = Question(method="GET", target=path, headers=self.headers)
        return Asker(client=self.client, name=_NAME, patience=patience).ask(lambda: question)

    def list_lines(self, template: ActionTemplate, filling: Filling, *, key: str, body: Any) -> Iterator[Any]:
        """Yield the JSON of each line of an answer while it comes; nothing if the status says so.

        :raises SystemFailed: if the answer breaks off, or is a no for now; SystemRefused: if it is a no.
        """
        asked = self._question(template, filling, key=key, body=body)
        told = {"headers": asked.headers, "content": asked.content}
        with self.client.stream(asked.method, asked.target, **told) as answer:  # type: ignore[arg-type]
            if answer.status in template.answer.nothing:
                return
            verdict = judge_status(Answer(status=answer.status, headers=answer.headers, content=b""))
            if verdict is Verdict.AGAIN:
                raise SystemFailed(f"the service cannot answer now (status {answer.status})")
            if verdict is Verdict.REFUSED:
                raise SystemRefused(f"the service refused with status {answer.status}")
            for line in _cut(answer.pieces, longest=self.settings.answer_bytes):
                yield answers.parse(line)

    def _question(self, template: ActionTemplate, filling: Filling, *, key: str, body: Any) -> Question:
        headers = {**self.headers, **template.headers, "Idempotency-Key": key, "Accept": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        if content:
            headers["Content-Type"] = "application/json"
        return Question(
            method=template.method,
            target=fill_path(template.path, filling),
            headers=headers,
            content=content,
        )


def ask_all(
    service: Service,
    template: ActionTemplate,
    filling: Filling,
    *,
    take: Callable[[Row], None],
    counts: answers.Counts,
) -> str:
    """Ask, and take every row of every page; return what the service calls it if it does it later.

    :raises DeliveryFailed, DeliveryRefused: if there is no answer, or none that can be read.
    """
    body = None if template.body is None else fill_body(template.body, filling)
    if template.answer.form == "ndjson":
        for line in service.list_lines(template, filling, key=filling.key, body=body):
            take_row(answers.read_line(line, template.answer), take, counts)
        return ""
    for answer in _list_pages(service, template, filling, body):
        document = answers.read_json(answer)
        if answer.status == _ACCEPTED and template.poll:
            return answers.read_reference(document, template.poll.reference)
        take_document(document, template, take, counts)
    return ""


def _list_pages(service: Service, template: ActionTemplate, filling: Filling, body: Any) -> Iterator[Answer]:
    """Yield the answers, page by page, but for one that says that there is nothing."""
    paging, seen = template.answer.paging, set[str | int]()
    for page in range(1, (paging.most_pages if paging else 1) + 1):
        key = filling.key if page == 1 else f"{filling.key}-{page}"
        answer = service.ask(template, filling, key=key, body=body)
        if answer.status in template.answer.nothing:
            return
        yield answer
        following = answers.read_next(answers.read_json(answer), paging.next) if paging else None
        if paging is None or following is None:
            return
        if following in seen:
            raise SystemRefused("the service leads to a page that was read already: it would never end")
        seen.add(following)
        body = write_at(body, paging.into, following)
    raise SystemRefused("the service has more pages than its declaration lets it have")


def take_document(
    document: Any, template: ActionTemplate, take: Callable[[Row], None], counts: answers.Counts
) -> None:
    """Take what one answer says.

    :raises SystemRefused: if it does not say what its declaration has it say.
    """
    if template.answer.rows is not None:
        for row in answers.list_rows(document, template.answer):
            take_row(row, take, counts)
    answers.add_counts(counts, document, template.answer)
    counts.answers += 1


def take_row(row: Any, take: Callable[[Row], None], counts: answers.Counts) -> None:
    """Take one row.

    :raises SystemRefused: if it is none.
    """
    if not isinstance(row, dict):
        raise SystemRefused("the service answered a row that is not an object")
    counts.rows += 1
    take(row)


def _cut(pieces: Iterator[bytes], *, longest: int) -> Iterator[bytes]:
    """Yield whole lines, and no longer ones than that.

    :raises SystemRefused: if one is longer.
    """
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from (line for line in lines if line.strip())
        if len(rest) > longest:
            raise SystemRefused("the service answered a line that is longer than any row")
    if rest.strip():
        yield rest
