"""Changing what mails say. Each change is a row, and told to the ledger's audit stream."""

import hashlib
from collections.abc import Mapping

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.ledger import services as ledger
from consent.ledger.queries import get_time
from consent.ledger.types import NewEntry, Stream
from consent.requests.models import OwnText
from consent.requests.wording.catalogue import Catalogue
from consent.requests.wording.faults import find_faults
from consent.requests.wording.languages import get_language
from consent.requests.wording.own_texts import read_texts

CHANGED_KIND = "mail_wording_changed"


class WordingRefused(AccordantError):
    """A text cannot stand where ours stands."""

    code = "wording_refused"
    status = 422

    def __init__(self, faults: Mapping[str, list[str]]) -> None:
        super().__init__("; ".join(f"{name}: {' '.join(told)}" for name, told in faults.items()))
        self.faults = faults


@transaction.atomic
def change_texts(
    catalogue: Catalogue, language: str, texts: Mapping[str, str], *, officer_id: int
) -> tuple[str, ...]:
    """Say `texts` from now on; return the names of those that were not said so before. All or nothing.

    :raises WordingRefused: if one of them cannot stand; it says which, and why.
    :raises NoSuchText: if there is no text of that name.
    """
    shipped = {name: catalogue.read(name, language) for name in texts}
    written = {name: _tidy(text) for name, text in texts.items()}
    faults = {
        name: told
        for name, text in written.items()
        if (told := find_faults(name, text, shipped=shipped[name]))
    }
    if faults:
        raise WordingRefused(faults)
    now = read_texts(catalogue, language)
    changed = {name: text for name, text in written.items() if text != now[name]}
    _keep(catalogue, language, changed, officer_id=officer_id)
    return tuple(changed)


@transaction.atomic
def say_ours_again(
    catalogue: Catalogue, language: str, names: tuple[str, ...], *, officer_id: int
) -> tuple[str, ...]:
    """Say our words again; return the names of the texts that were said otherwise before."""
    now, ours = read_texts(catalogue, language), catalogue.texts(language)
    changed = dict.fromkeys([name for name in names if now[name] != ours[name]], "")
    _keep(catalogue, language, changed, officer_id=officer_id)
    return tuple(changed)


def _tidy(text: str) -> str:
    """Return what a browser's form sent, as our files have it."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def _keep(catalogue: Catalogue, language: str, texts: Mapping[str, str], *, officer_id: int) -> None:
    if not texts:
        return
    code = get_language(language)
    OwnText.objects.bulk_create(
        OwnText(catalogue=catalogue.name, name=name, language=code, text=text, officer_id=officer_id)
        for name, text in texts.items()
    )
    digests = {
        name: hashlib.sha256(text.encode()).hexdigest() if text else "" for name, text in texts.items()
    }
    body = {"catalogue": catalogue.name, "language": code, "texts": digests, "officer": officer_id}
    ledger.append(stream=Stream.AUDIT, entries=[NewEntry(CHANGED_KIND, body)], recorded_at=get_time())
