"""The texts of mails in every language, with example values. No real person's mail is shown here."""

from collections.abc import Mapping
from datetime import date

from django import forms
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget

from consent.requests.admin.access import insist
from consent.requests.admin.case.page import answer_page
from consent.requests.admin.words import say
from consent.requests.mails.contents import CONTRACTS, GROUNDS, PLACES_OF_LAW
from consent.requests.mails.writing import Mail, Surroundings, write_mail
from consent.requests.models import Request
from consent.requests.types import MailTemplate, RequestType
from consent.requests.wording.languages import LANGUAGES
from consent.requests.wording.words import name_type

_EXAMPLES: Mapping[str, str] = {
    "due_on": "2027-01-15",
    "answer_by": "2027-01-08",
    "appeal_until": "2027-02-15",
    "backups_until": "2027-03-01",
    "link_until": "2027-01-29T12:00:00+00:00",
    "code": "482 913",
    "minutes": "15",
    "reason": "An example of an officer's own words.",
    "question": "An example of an officer's question.",
    "partly": "yes",
    "kept": "yes",
}
_LAWS = {"gdpr": "GDPR", "us": "United States", "elsewhere": "elsewhere"}


class PreviewForm(forms.Form):
    """Which text, in which language, for whose law, and on what ground."""

    template = forms.ChoiceField(
        label="Mail",
        choices=[(one.value, say(one.value)) for one in MailTemplate],
        widget=UnfoldAdminSelectWidget,
    )
    language = forms.ChoiceField(choices=list(LANGUAGES.items()), widget=UnfoldAdminSelectWidget)
    law = forms.ChoiceField(
        choices=[(one, _LAWS[one]) for one in PLACES_OF_LAW], widget=UnfoldAdminSelectWidget
    )


def show(admin: "ModelAdmin[Request]", request: HttpRequest) -> HttpResponse:
    """Answer with one text as a person would read it, once for each ground that it may name."""
    insist(request)
    usual = {"template": MailTemplate.RECEIVED.value, "language": "en", "law": "gdpr"}
    form = PreviewForm({**usual, **request.GET.dict()})
    mails = preview(**form.cleaned_data) if form.is_valid() else []
    return answer_page(
        admin, request, "admin/requests/mails.html", title="Mails to people", form=form, mails=mails
    )


def preview(*, template: str, language: str, law: str) -> list[tuple[str, Mail]]:
    """Return the mail with example values: once, or once for each ground that it may name."""
    which = MailTemplate(template)
    contract = CONTRACTS[which]
    values = {name: _EXAMPLES[name] for name in contract.needs | contract.takes if name in _EXAMPLES}
    around = Surroundings(
        reference="R-7K3F-9QXW",
        type=name_type(RequestType.ACCESS.value, language),
        received_on=date(2026, 12, 15),
        controller="Example Records",
        portal="https://example.com/privacy/",
        law=law,
        contact="privacy@example.com",
        link="https://example.com/privacy/…",
        link_ends_on=date(2027, 1, 29),
    )
    grounds = [one.value for one in GROUNDS[which]] if which in GROUNDS else [""]
    return [
        (
            say(ground),
            write_mail(
                which,
                language=language,
                context={**values, **({"ground": ground} if ground else {})},
                around=around,
            ),
        )
        for ground in grounds
    ]
