"""What the data map declares of a service: what is asked for each action, how answers are read. Pure."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec

from consent.network.errors import DeliveryRefused
from consent.network.hosts import read_url
from consent.requests.connectors.http.templates import (
    TemplateRefused,
    check_headers,
    check_path,
    list_single_kinds,
    names_in,
)
from consent.requests.connectors.interface import SystemRefused

Pointer = Annotated[str, msgspec.Meta(pattern=r"\A(/[^/]{0,200}){0,20}\Z", description="RFC 6901")]
Path = Annotated[str, msgspec.Meta(pattern=r"\A/[!-~]*\Z", max_length=2000)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
Status = Annotated[int, msgspec.Meta(ge=200, le=499)]


class Paging(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the next page is asked for: what the answer says at `next` goes into the body at `into`."""

    next: Pointer
    into: Annotated[str, msgspec.Meta(pattern=r"\A(/[^/]{1,200}){1,20}\Z")]
    most_pages: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 10_000


class AnswerTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where an answer says what."""

    form: Annotated[
        Literal["json", "ndjson"],
        msgspec.Meta(
            description="ndjson: one row a line, read as it comes; `rows` is then the place in a line"
        ),
    ] = "json"
    rows: Annotated[Pointer | None, msgspec.Meta(description="Of collecting: a list of objects")] = None
    dataset: Annotated[str, msgspec.Meta(max_length=200, description="What the rows and counts are of")] = ""
    found: Annotated[Pointer | None, msgspec.Meta(description="Rows that there were")] = None
    done: Annotated[Pointer | None, msgspec.Meta(description="Rows erased, corrected, restricted")] = None
    kept: Annotated[Pointer | None, msgspec.Meta(description="Rows kept on a ground")] = None
    ground: Annotated[Pointer | None, msgspec.Meta(description="Why they were kept")] = None
    nothing: Annotated[
        tuple[Status, ...], msgspec.Meta(description="Statuses that say that there is nothing of the person")
    ] = ()
    paging: Paging | None = None


class Poll(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Of a service that answers 202 and does it later: how it is asked how far it is."""

    path: Annotated[Path, msgspec.Meta(description="With {reference} where the reference goes")]
    reference: Annotated[Pointer, msgspec.Meta(description="Of the answer 202")]
    state: Annotated[Pointer, msgspec.Meta(description="Of the polled answer")]
    done: tuple[Name, ...]
    failed: tuple[Name, ...] = ()
    every_seconds: Annotated[float, msgspec.Meta(ge=5, le=86_400)] = 60.0


class ActionTemplate(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question to the service."""

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Path
    headers: dict[Name, Annotated[str, msgspec.Meta(max_length=1000)]] = {}
    body: Annotated[Any, msgspec.Meta(description="JSON with placeholders, such as {{email}}")] = None
    identifiers_in_url: Annotated[
        bool, msgspec.Meta(description="The service leaves no other way. URLs end up in logs.")
    ] = False
    answer: AnswerTemplate = AnswerTemplate()
    poll: Poll | None = None


class Actions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the service can be asked. What is not declared is done by a human."""

    collect: ActionTemplate | None = None
    rectify: ActionTemplate | None = None
    restrict: ActionTemplate | None = None
    erase: ActionTemplate | None = None
    verify_gone: ActionTemplate | None = None


class HttpSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Settings of a system of the kind `http`."""

    url: Annotated[str, msgspec.Meta(max_length=2000, description="https://host: paths stand at the actions")]
    header: Annotated[Name, msgspec.Meta(description="That the secret goes into")] = "Authorization"
    prefix: Annotated[str, msgspec.Meta(max_length=50, description="That stands before it")] = "Bearer "
    probe: Annotated[Path | None, msgspec.Meta(description="Asked with GET to see that it is there")] = None
    actions: Actions = Actions()
    timeout_seconds: Annotated[float, msgspec.Meta(ge=0.1, le=600, description="Of one question")] = 60.0
    attempts: Annotated[int, msgspec.Meta(ge=1, le=10, description="Before the step rests")] = 3
    longest_wait_seconds: Annotated[float, msgspec.Meta(ge=0, le=60)] = 10.0
    answer_bytes: Annotated[
        int,
        msgspec.Meta(ge=1000, le=100_000_000, description="Of one answer, or one page; NDJSON: of a line"),
    ] = 10_000_000


def read_settings(settings: Mapping[str, Any], *, allow_local: bool) -> HttpSettings:
    """Return the settings of a service, every template checked.

    :raises SystemRefused: if one is unknown, malformed, or puts an identifier into a URL without saying so.
    """
    try:
        read = msgspec.convert(dict(settings), HttpSettings)
    except msgspec.ValidationError as error:
        raise SystemRefused(f"settings: {error}") from None
    try:
        if read_url(read.url, allow_local=allow_local).target != "/":
            raise SystemRefused("settings: url: write it without a path: paths stand at the actions")
    except DeliveryRefused as refused:
        raise SystemRefused(f"settings: url: {refused}") from None
    where = "header"
    try:
        check_headers({read.header: read.prefix})
        for name, action in list_actions(read):
            where = f"actions.{name}"
            _check(name, action)
    except TemplateRefused as refused:
        raise SystemRefused(f"settings: {where}: {refused}") from None
    return read


def list_actions(settings: HttpSettings) -> list[tuple[str, ActionTemplate]]:
    """Return the actions that are declared, by name."""
    declared = {name: getattr(settings.actions, name) for name in Actions.__struct_fields__}
    return [(name, action) for name, action in declared.items() if action is not None]


def list_warnings(settings: HttpSettings) -> list[str]:
    """Return what an officer should know about this declaration."""
    return [
        f"{name}: the address holds what the person is found by. Addresses end up in logs: the service's, and"
        " those of everything between. Ask its makers for a way to send it in the body"
        for name, action in list_actions(settings)
        if action.identifiers_in_url
    ]


def _check(name: str, action: ActionTemplate) -> None:
    check_headers(action.headers)
    check_path(action.path, with_identifiers=action.identifiers_in_url)
    single = list_single_kinds(action.path, action.body)
    if len(single) > 1:
        raise TemplateRefused(
            "at most one kind of identifier may stand alone: the question is asked for each"
        )
    if not names_in(action.path, action.body):
        raise TemplateRefused("it names nobody: put a placeholder such as {{email}} into the body")
    if action.method == "GET" and action.body is not None:
        raise TemplateRefused("a GET has no body")
    if action.answer.paging and (action.body is None or action.answer.form == "ndjson"):
        raise TemplateRefused("pages are asked for in the body, and answered as JSON")
    if action.poll and (single or action.poll.path.count("{reference}") != 1):
        raise TemplateRefused("polling takes {reference} once in its path, and {{kind[]}} in the body")
    if name == "collect" and (action.answer.rows is None or not action.answer.dataset):
        raise TemplateRefused("say where the rows are, and of which dataset: answer.rows, answer.dataset")
    if name == "verify_gone" and not _can_verify(action.answer):
        raise TemplateRefused("say how it tells what is left: answer.found, answer.rows or answer.nothing")


def _can_verify(answer: AnswerTemplate) -> bool:
    return answer.found is not None or answer.rows is not None or bool(answer.nothing)
