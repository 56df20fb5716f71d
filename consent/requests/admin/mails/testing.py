"""Sending an officer a mail as people get it, with example values, and to the officer's own address only."""

from dataclasses import replace
from uuid import uuid4

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect

from consent.requests.admin.access import EDIT_WORDING, insist
from consent.requests.admin.mails.choosing import ChoosingForm, Chosen
from consent.requests.mails.channels import send_email
from consent.requests.mails.errors import MessageRefused, NotSentNow
from consent.requests.models import Request
from consent.requests.wording.own_texts import read_texts

_NO_ADDRESS = "Your account has no e-mail address. An administrator can add one; then try again."


def send_test(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponseBase:  # noqa: ARG001 - as routed
    """Send the officer the mail as it is said now, and go back."""
    insist(request, EDIT_WORDING)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    chosen = ChoosingForm(request.GET).chosen()
    if chosen is None:
        raise Http404
    address = getattr(request.user, "email", "")
    if not address:
        messages.error(request, _NO_ADDRESS)
        return redirect(chosen.address("mails"))
    try:
        _send(chosen, to=address)
    except MessageRefused:
        messages.error(request, "Your own e-mail address cannot be written to. An administrator can mend it.")
    except NotSentNow:
        messages.error(request, "The mail server did not take the mail. Nothing was sent; try again later.")
    else:
        messages.success(request, "A test is on its way to your own address.")
    return redirect(chosen.address("mails"))


def _send(chosen: Chosen, *, to: str) -> None:
    texts = read_texts(chosen.room.catalogue, chosen.language)
    _, mail = chosen.room.preview(chosen.template, chosen.language, chosen.law, texts)[0]
    send_email(replace(mail, subject=f"[Test] {mail.subject}"), to=to, message_id=uuid4())
