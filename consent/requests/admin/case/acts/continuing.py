"""What an erasure kept, once the legal hold is over that had it kept: a request of its own."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.declaring import CaseAction
from consent.requests.erasing.continuing import erase_rest, keeps_something
from consent.requests.models import Request
from consent.requests.types import CLOSED


def _tell(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield "A new request is begun for what this one kept: systems are asked once more, for all of it."
    yield "It waits to be proposed, and approved by a second person. Nothing is erased before."
    yield "What a legal hold still stands on is kept again. The rest gets a certificate of its own."


def _is_open(case: Request) -> bool:
    if case.content_destroyed_at is not None or not keeps_something(case):
        return False
    return not case.continued_by.exclude(state__in=CLOSED).exists()


ERASE_REST = CaseAction(
    name="erase-rest",
    label="Erase the rest",
    permission=HANDLE,
    is_open=_is_open,
    effects=_tell,
    act=lambda case, told, doing: erase_rest(case.pk, officer_id=doing.officer_id),
    done="A request for the rest has begun. It is linked below.",
)
