"""Reading what an installation says instead of our words."""

from collections.abc import Collection, Mapping
from datetime import datetime

from consent.requests.models import OwnText
from consent.requests.wording.catalogue import Catalogue
from consent.requests.wording.faults import find_faults
from consent.requests.wording.languages import get_language


def read_texts(catalogue: Catalogue, language: str, *, at: datetime | None = None) -> Mapping[str, str]:
    """Return every text of a language as it is said now, or was said at a time, in one statement.

    An own text that does not fit ours any more, after an update of ours, is passed over: a mail leaves in our
    words rather than not at all.
    """
    shipped = catalogue.texts(language)
    changes = OwnText.objects.filter(catalogue=catalogue.name, language=get_language(language))
    if at is not None:
        changes = changes.filter(made_at__lte=at)
    newest = changes.order_by("name", "-pk").distinct("name").values_list("name", "text")
    own = {name: text for name, text in newest if text and name in shipped}
    sound = {name for name, text in own.items() if not find_faults(name, text, shipped=shipped[name])}
    return {**shipped, **{name: own[name] for name in sound}}


def list_changes(catalogue: Catalogue, language: str, names: Collection[str], *, limit: int) -> list[OwnText]:
    """Return the changes of these texts, the newest first, with who made them."""
    found = OwnText.objects.filter(catalogue=catalogue.name, language=get_language(language), name__in=names)
    return list(found.select_related("officer").order_by("-pk")[:limit])
