"""The notice that a choice rests on: the one published for its purpose, in the reader's language. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent.policies.document.notice_text import text_digest

Document = Mapping[str, Any]
_EXCERPT = 1200


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One version of a notice, as it was published."""

    key: str
    version: int
    title: str
    published_at: datetime
    language: str
    """Of `text`: the reader's, or the first of the notice's if it is not written in theirs."""
    text: str

    @property
    def digest(self) -> str:
        """What names exactly this text."""
        return text_digest(self.text)

    @property
    def is_long(self) -> bool:
        """Whether it takes a page of its own to read it."""
        return len(self.text) > _EXCERPT

    @property
    def excerpt(self) -> str:
        """The beginning of the text; all of it unless it is long."""
        return self.text[:_EXCERPT].rpartition(" ")[0] + " …" if self.is_long else self.text


def find_notice(
    document: Document, purpose: str, keys: Collection[str], *, language: str, at: datetime
) -> Notice | None:
    """Return the newest version published by `at` that tells of `purpose`: of the notices `keys`, or any."""
    told = [
        (published_at, key, number)
        for key, number, published_at, version in _list_versions(document, at)
        if purpose in version.get("purposes", ()) and (not keys or key in keys)
    ]
    if not told:
        return None
    _, key, number = max(told)
    return read_notice(document, key, number, language=language, at=at)


def read_notice(document: Document, key: str, number: int, *, language: str, at: datetime) -> Notice | None:
    """Return one version of a notice; None if none of that number was published by `at`."""
    for found, version_number, published_at, version in _list_versions(document, at):
        if (found, version_number) == (key, number):
            tag = _choose(version["texts"], language)
            return Notice(
                key=key,
                version=number,
                title=document["notices"][key]["title"],
                published_at=published_at,
                language=tag,
                text=version["texts"][tag],
            )
    return None


def _list_versions(
    document: Document, at: datetime
) -> Iterator[tuple[str, int, datetime, Mapping[str, Any]]]:
    for key, notice in document.get("notices", {}).items():
        for number, version in notice["versions"].items():
            published_at = datetime.fromisoformat(version["published_at"])
            if published_at <= at:
                yield key, int(number), published_at, version


def _choose(texts: Mapping[str, str], language: str) -> str:
    """Return the reader's language if there is a text in it, a region's too; else English, else the first."""
    same = [tag for tag in sorted(texts) if tag.lower().partition("-")[0] == language]
    exact = [tag for tag in same if tag == language]
    return next(iter([*exact, *same, *(tag for tag in ("en",) if tag in texts), *sorted(texts)]))
