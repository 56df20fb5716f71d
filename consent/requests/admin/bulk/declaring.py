"""What can be done with several requests at once, each under its own lock."""

# ruff: noqa: ARG005 - the signatures are those of every action

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms

from consent.requests.admin.case.acts.clock import ground_field
from consent.requests.admin.case.acts.keeping import officer_field
from consent.requests.admin.case.declaring import Doing
from consent.requests.clocks.changing import extend
from consent.requests.handling.acknowledging import acknowledge
from consent.requests.handling.assigning import assign
from consent.requests.types import ExtensionGround

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkAction:
    """One thing that can be done with several requests."""

    name: str
    label: str
    form: type[forms.Form]
    effects: Callable[[], Iterable[str]]
    act: Callable[[UUID, Told, Doing], object]
    """Does it with one request, in a transaction of its own. Raises an `AccordantError` that says why not."""


class AssignManyForm(forms.Form):
    """Asks who sees to the requests."""

    assignee = officer_field()


class ExtendManyForm(forms.Form):
    """Asks why the periods are extended."""

    ground = ground_field()


def _tell_assigning() -> Iterator[str]:
    yield "Each of them is given to the officer whom you choose. Nobody else is told."


def _tell_acknowledging() -> Iterator[str]:
    yield "Of each it goes on record that its person was told today that the request has arrived."
    yield "No mail is sent by this."


def _tell_extending() -> Iterator[str]:
    yield "Each is extended once, by what its own law allows, and its person is told why and until when."
    yield "Those that their law does not let be extended, or not any more, stay as they are, and are listed."


def _assign(request_id: UUID, told: Told, doing: Doing) -> None:
    assignee = told["assignee"]
    assign(
        request_id=request_id,
        assignee_id=assignee.pk if assignee else None,
        officer_id=doing.officer_id,
        version=doing.version,
    )


def _extend(request_id: UUID, told: Told, doing: Doing) -> None:
    extend(
        request_id,
        ground=ExtensionGround(told["ground"]),
        officer_id=doing.officer_id,
        version=doing.version,
        at=doing.at,
    )


BULK_ACTIONS: Mapping[str, BulkAction] = {
    one.name: one
    for one in (
        BulkAction(name="assign", label="Assign", form=AssignManyForm, effects=_tell_assigning, act=_assign),
        BulkAction(
            name="acknowledge",
            label="Acknowledge",
            form=forms.Form,
            effects=_tell_acknowledging,
            act=lambda request_id, told, doing: acknowledge(
                request_id=request_id, officer_id=doing.officer_id, version=doing.version
            ),
        ),
        BulkAction(name="extend", label="Extend", form=ExtendManyForm, effects=_tell_extending, act=_extend),
    )
}
