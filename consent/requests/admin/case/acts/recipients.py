"""The person is written to where they see who received their data, because they asked (GDPR Art. 19)."""

# ruff: noqa: ARG001, ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.acts.telling import tell_person
from consent.requests.admin.case.declaring import CaseAction
from consent.requests.models import Request
from consent.requests.recipients import answer_who_received
from consent.requests.types import Actor, StepAction


def _tell(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    yield tell_person(case, "where they see who received their data")
    yield "The timeline says that they asked."


def _is_open(case: Request) -> bool:
    if case.content_destroyed_at is not None:
        return False
    listed = case.steps.filter(action=StepAction.TELL_RECIPIENTS, ended_at__isnull=False, parts__gt=0)
    return listed.exists()


TELL_WHO = CaseAction(
    name="tell-who",
    label="Tell who received the data",
    permission=HANDLE,
    is_open=_is_open,
    effects=_tell,
    act=lambda case, told, doing: answer_who_received(
        case.pk, actor=Actor.OFFICER, officer_id=doing.officer_id
    ),
    done="The person is written to.",
)
