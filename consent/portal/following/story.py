"""The page of a request, as values: nothing in it says more than the person may know, or may guess."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from consent.requests import vault
from consent.requests.clocks.explaining import explain_request
from consent.requests.clocks.types import ComputedDate
from consent.requests.intake.deciding import ANSWER
from consent.requests.mails.reading import local_date, name_controller
from consent.requests.models import Certificate, Package, Request
from consent.requests.rules.appeals import is_within_window
from consent.requests.types import (
    CHOICES_ALONE,
    Actor,
    ContentDestroyed,
    EventKind,
    PackageState,
    RequestState,
    RequestType,
    StepAction,
    StepState,
)
from consent.requests.verification.contacts import names_contact_alone
from consent.requests.wording.words import explain_pause, explain_refusal

_TOLD = frozenset(
    {
        EventKind.RECEIVED,
        EventKind.JOINED,
        EventKind.ACKNOWLEDGED,
        EventKind.STARTED,
        EventKind.PAUSED,
        EventKind.RESUMED,
        EventKind.EXTENDED,
        EventKind.IN_REVIEW,
        EventKind.APPROVED,
        EventKind.PACKAGE_RELEASED,
        EventKind.PACKAGE_WITHDRAWN,
        EventKind.DOWNLOADED,
        EventKind.RECIPIENTS_TOLD,
        EventKind.CERTIFIED,
        EventKind.FULFILLED,
        EventKind.PARTLY_FULFILLED,
        EventKind.REFUSED,
        EventKind.EXPIRED,
        EventKind.CANCELLED,
        EventKind.APPEALED,
    }
)
"""Besides who verified themselves, and who answered. What officers do among themselves is not told."""
_TOLD_OF_OTHERS = frozenset(
    {EventKind.RECEIVED, EventKind.ACKNOWLEDGED, EventKind.STARTED, EventKind.REFUSED, EventKind.CANCELLED}
)
"""Of a no that names more than its reader's contact: when the others were reached would tell of them."""
_ONCE_RECORDED = frozenset(
    {
        RequestState.IN_PROGRESS,
        RequestState.IN_REVIEW,
        RequestState.FULFILLED,
        RequestState.PARTLY_FULFILLED,
    }
)
_ANSWERED = frozenset({RequestState.FULFILLED, RequestState.PARTLY_FULFILLED, RequestState.REFUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the timeline."""

    on: date
    text: str
    """The name of its text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What the page of a request says."""

    reference: str
    type: str
    controller: str
    received_on: date
    state: str
    """The name of its text: the state, or that it stands still, or went on elsewhere."""
    due: ComputedDate | None
    """None once it is closed."""
    is_extended: bool
    is_paused: bool
    pause_ground: str
    answer_ground: str = field(repr=False)
    """Why it was refused, in words."""
    answer: str = field(repr=False)
    """What the person was told at the end."""
    lines: tuple[Line, ...]
    may_cancel: bool
    may_answer: bool
    may_appeal: bool
    has_package: bool
    has_certificate: bool
    has_recipients: bool


def tell_story(request: Request, *, language: str, at: datetime) -> Story:
    """Return what the page of a request says at `at`."""
    answer = _read_answer(request)
    type_ = RequestType(request.type)
    tells_of_others = _tells_of_others(request)
    return Story(
        reference=request.reference,
        type=type_.value,
        controller=name_controller(request.controller),
        received_on=local_date(request.received_at, request.zone),
        state="recorded" if tells_of_others and request.state in _ONCE_RECORDED else name_state(request),
        due=None if request.is_closed or tells_of_others else _find_due(request),
        is_extended=request.extended_at is not None,
        is_paused=request.paused_at is not None and not request.is_closed,
        pause_ground=_find_pause(request, language),
        answer_ground=explain_refusal(request.ground, language) if request.ground else "",
        answer=answer.get("reason", ""),
        lines=tuple(_list_lines(request, _TOLD_OF_OTHERS if tells_of_others else _TOLD)),
        may_cancel=_may_cancel(request, type_),
        may_answer=request.paused_at is not None and not request.is_closed,
        may_appeal=_may_appeal(request, at=at) and not (tells_of_others and request.state in _ONCE_RECORDED),
        has_package=find_package(request, at=at) is not None,
        has_certificate=Certificate.objects.filter(request=request).exists(),
        has_recipients=has_recipients(request) and not tells_of_others,
    )


def _tells_of_others(request: Request) -> bool:
    """Return whether how far it is would tell its reader of somebody whom they named without any proof."""
    if RequestType(request.type) not in CHOICES_ALONE or request.verified_at is not None:
        return False
    try:
        return not names_contact_alone(request)
    except ContentDestroyed:
        return True


def name_state(request: Request) -> str:
    """Return what the state of a request is called in the texts."""
    if request.joined_to_id is not None:
        return "joined"
    return "paused" if request.paused_at is not None and not request.is_closed else str(request.state)


def find_package(request: Request, *, at: datetime) -> Package | None:
    """Return the package that the person can take at `at`."""
    released = Package.objects.filter(request=request, state=PackageState.RELEASED, expires_at__gt=at)
    return released.order_by("-released_at", "pk").first()


def _find_due(request: Request) -> ComputedDate:
    dates = explain_request(request)
    is_extended = request.extended_at is not None and dates.extended_due_on is not None
    return dates.extended_due_on if is_extended and dates.extended_due_on else dates.due_on


def _find_pause(request: Request, language: str) -> str:
    if request.paused_at is None:
        return ""
    paused = request.events.filter(kind=EventKind.PAUSED).order_by("-at", "-pk").first()
    return explain_pause(paused.ground, language) if paused is not None and paused.ground else ""


def _may_cancel(request: Request, type_: RequestType) -> bool:
    has_begun = type_ in CHOICES_ALONE or request.approved_at is not None
    return not request.is_closed and not has_begun


def _may_appeal(request: Request, *, at: datetime) -> bool:
    is_answered = request.state in _ANSWERED and request.type != RequestType.APPEAL
    return is_answered and request.closed_at is not None and is_within_window(request.closed_at, at=at)


def has_recipients(request: Request) -> bool:
    """Return whether the list of those who received the person's data is ready."""
    told = request.steps.filter(action=StepAction.TELL_RECIPIENTS, parts__gt=0)
    return told.filter(state__in=[StepState.DONE, StepState.PARTLY_DONE]).exists()


def _read_answer(request: Request) -> dict[str, str]:
    try:
        return vault.read_json(request, vault.open_key(request), ANSWER)
    except ContentDestroyed:
        return {}


def _list_lines(request: Request, told: frozenset[EventKind]) -> Iterator[Line]:
    """Yield what happened, the latest first."""
    for event in request.events.order_by("-at", "-pk"):
        if name := _name_line(EventKind(event.kind), Actor(event.actor), event.detail, told):
            yield Line(on=local_date(event.at, request.zone), text=f"event.{name}")


def _name_line(
    kind: EventKind, actor: Actor, detail: dict[str, object], told: frozenset[EventKind]
) -> str | None:
    if kind is EventKind.NOTED:
        return "answered" if actor is Actor.PERSON else None
    if kind is EventKind.VERIFIED:
        return None if detail.get("again") else "verified"
    return kind.value if kind in told else None
