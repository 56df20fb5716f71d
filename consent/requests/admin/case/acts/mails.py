"""A message to the person that was given up, and is sent again."""

# ruff: noqa: ARG005 - the signatures are those of every action

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet

from consent.requests.admin.access import HANDLE
from consent.requests.admin.case.declaring import CaseAction, CaseForm
from consent.requests.admin.words import say
from consent.requests.mails.resending import send_again
from consent.requests.models import Message, Request
from consent.requests.types import MailTemplate


class MessageForm(CaseForm):
    """Carries which message it is about."""

    message = forms.UUIDField(widget=forms.HiddenInput)

    def clean_message(self) -> UUID:
        """Return the message's id, if it is one of the request's that was given up."""
        message: UUID = self.cleaned_data["message"]
        if not given_up(self.case).filter(pk=message).exists():
            raise forms.ValidationError("There is no such message of this request to send again.")
        return message


def given_up(case: Request) -> QuerySet[Message]:
    """Return the messages that can be sent again. A code is over by then."""
    return case.messages.filter(given_up_at__isnull=False).exclude(template=MailTemplate.CODE)


def _tell(case: Request, told: Mapping[str, Any]) -> Iterator[str]:
    message = case.messages.get(pk=told["message"])
    how = "text message" if message.by_sms else "e-mail"
    yield f"The {how} “{say(message.template)}” is sent to the person again, as it was written then."


SEND_AGAIN = CaseAction(
    name="send-again",
    label="Send again",
    permission=HANDLE,
    form=MessageForm,
    is_open=lambda case: case.content_destroyed_at is None,
    effects=_tell,
    act=lambda case, told, doing: send_again(told["message"], officer_id=doing.officer_id),
    done="The message waits to be sent.",
    is_beside=True,
)
