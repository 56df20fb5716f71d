"""Mails with example values. No real person's mail is shown here."""

from collections.abc import Mapping
from datetime import date

from consent.requests.mails.contents import CONTRACTS, GROUNDS
from consent.requests.mails.writing import TEXTS, Mail, Surroundings, write_mail
from consent.requests.types import MailTemplate, RequestType
from consent.requests.wording.editable import EditableMails
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


def preview(template: str, language: str, law: str, texts: Mapping[str, str]) -> list[tuple[str, Mail]]:
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
    mails = []
    for ground in [one.value for one in GROUNDS[which]] if which in GROUNDS else [""]:
        context = {**values, **({"ground": ground} if ground else {})}
        mail = write_mail(which, language=language, context=context, around=around, texts=texts)
        mails.append((ground.replace("_", " "), mail))
    return mails


REQUEST_MAILS = EditableMails(
    title="Requests",
    catalogue=TEXTS,
    templates={one.value: one.value.replace("_", " ") for one in MailTemplate},
    preview=preview,
)
