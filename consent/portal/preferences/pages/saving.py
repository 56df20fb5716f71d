"""What became of a button that was pressed: saved, or not, and why not. A no is always taken."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.portal.preferences import recording
from consent.portal.preferences.pages.notices import Notice
from consent.portal.preferences.pages.opening import Opened, Row
from consent.portal.types import Visitor

ALL, UNDO = "*", "undo"
_OURS = 500


class Outcome(StrEnum):
    """What became of it."""

    SAVED = "saved"
    CHANGED = "changed"  # what the person was shown is not what holds now: they are asked again
    GONE = "gone"  # there is no such purpose any more
    PROOF = "proof"  # a yes takes a code first
    UNCLEAR = "unclear"  # it cannot be told whose yes it is
    UNTOLD = "untold"  # no notice tells of the purpose yet: nobody can consent to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a person is told after they pressed a button; kept in the session until it was shown."""

    outcome: Outcome
    purpose: str
    """Its slug, `*` for all, `undo` for taking that back; empty where nothing of the policy was named."""
    is_yes: bool
    at: str
    record_ids: tuple[str, ...] = ()

    def as_kept(self) -> dict[str, Any]:
        """Return what a session can keep."""
        return {**asdict(self), "record_ids": list(self.record_ids)}


_REFUSED: Mapping[str, Outcome] = {
    "proof_needed": Outcome.PROOF,
    "choice_not_taken": Outcome.CHANGED,
    "people_unclear": Outcome.UNCLEAR,
}


def save(visitor: Visitor, opened: Opened, token: str, *, is_yes: bool, at: datetime) -> Told:
    """Take a yes or a no to the purpose that `token` names.

    A no is taken though the page was old. A yes is one only to what the person was shown.
    """
    slug, _, shown = token.partition(" ")
    row = opened.find(slug)
    if row is None and (is_yes or slug not in opened.document.get("purposes", {})):
        known = slug in opened.document.get("purposes", {})
        return _told(Outcome.GONE, slug if known else "", is_yes=is_yes, at=at)
    if is_yes and row is not None and not _was_shown(row, shown):
        return _told(Outcome.CHANGED, slug, is_yes=True, at=at)
    notice = row.offer.notice if row else None
    if is_yes and notice is None:
        return _told(Outcome.UNTOLD, slug, is_yes=True, at=at)
    return _try(visitor, {slug: is_yes}, notice, slug, conflicts=shown.endswith("c"), at=at)


def say_no_to_all(visitor: Visitor, *, at: datetime) -> Told:
    """Take a no to all that the person chooses about."""
    record_ids = recording.unsubscribe_all(visitor, at=at)
    return _told(Outcome.SAVED, ALL, is_yes=False, at=at, record_ids=record_ids)


def undo(visitor: Visitor, opened: Opened, *, at: datetime) -> Told:
    """Take a yes to each purpose that only the no to all keeps off; all of them, or none."""
    rows = sorted(opened.taken_away, key=lambda row: _notice_key(row.offer.notice))
    try:
        with transaction.atomic():
            record_ids = [
                record_id
                for _, found in groupby(rows, key=lambda row: _notice_key(row.offer.notice))
                for record_id in _say_yes(visitor, list(found), at)
            ]
    except AccordantError as error:
        return _refused(error, UNDO, is_yes=True, at=at)
    return _told(Outcome.SAVED, UNDO, is_yes=True, at=at, record_ids=record_ids)


def _say_yes(visitor: Visitor, rows: list[Row], at: datetime) -> tuple[str, ...]:
    notice = rows[0].offer.notice
    return recording.record(
        visitor,
        {row.offer.slug: True for row in rows},
        notice=notice.key if notice else "",
        notice_version=notice.version if notice else None,
        at=at,
    )


def _was_shown(row: Row, shown: str) -> bool:
    """Return whether the page said what it says now; that it told of a conflict besides does no harm."""
    wanted = row.offer.shown + ("c" if row.conflicts else "")
    return shown in {wanted, f"{row.offer.shown}c"}


def _try(
    visitor: Visitor,
    changes: Mapping[str, bool],
    notice: Notice | None,
    slug: str,
    *,
    conflicts: bool,
    at: datetime,
) -> Told:
    is_yes = changes[slug]
    try:
        record_ids = recording.record(
            visitor,
            changes,
            notice=notice.key if notice else "",
            notice_version=notice.version if notice else None,
            at=at,
            after_conflict_notice=is_yes and conflicts,
        )
    except AccordantError as error:
        return _refused(error, slug, is_yes=is_yes, at=at)
    return _told(Outcome.SAVED, slug, is_yes=is_yes, at=at, record_ids=record_ids)


def _refused(error: AccordantError, purpose: str, *, is_yes: bool, at: datetime) -> Told:
    """Return what the person is told of a refusal; what is our own fault is nobody's to be told here."""
    outcome = _REFUSED.get(error.code)
    if outcome is None or error.status >= _OURS:
        raise error
    return _told(outcome, purpose, is_yes=is_yes, at=at)


def _told(
    outcome: Outcome, purpose: str, *, is_yes: bool, at: datetime, record_ids: Iterable[str] = ()
) -> Told:
    return Told(
        outcome=outcome,
        purpose=purpose,
        is_yes=is_yes,
        at=at.isoformat(),
        record_ids=tuple(record_ids),
    )


def _notice_key(notice: Notice | None) -> tuple[str, int]:
    return (notice.key, notice.version) if notice else ("", 0)
