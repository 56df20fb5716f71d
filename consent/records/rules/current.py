"""What a subject's records of one key come to. Pure.

`fold` is the definition: it reads a key's whole history as the decision engine reads it. `displaces` gives
the same answer from the choice in force alone, wherever `needs_history` says that this is enough.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from consent.records.types import NEUTRAL, NO, OFFICER, YES, Choice, ChoiceInForce, ChoiceRecord

Key = tuple[str, str, str | None, str | None]
"""A subject, and what its choice speaks of: purpose, controller, destination."""

Dated = ChoiceRecord | ChoiceInForce


def key_of(choice: Dated) -> Key:
    """Return the key that `choice` belongs to."""
    return (choice.subject_ref, choice.purpose, choice.controller, choice.destination)


def order_of(choice: Dated) -> tuple[datetime, int]:
    """Return what a subject's choices are ordered by."""
    return (choice.effective_at, choice.version)


def fold(history: Iterable[ChoiceRecord]) -> ChoiceInForce | None:
    """Return the choice in force after `history`, all the records of one key; None if there are none.

    A no stands until a later yes lifts it. Where none stands, the latest yes counts; one that an officer
    invalidated leaves the officer's record in its place, and so does an objection that was overruled.
    Where nothing was ever said, the latest that was shown, dismissed or asked for is left. A yes, or an
    objection overruled, that has an `expires_at` no longer is what counts from then on.
    """
    records = sorted(history, key=order_of)
    reviewed = any(record.choice in OFFICER for record in records)
    found = _find_standing_no(records) or _find_yes(records)
    found = found or _last([record for record in records if record.choice in NEUTRAL])
    if found is None:
        return None
    passes = found.choice in YES or found.choice is Choice.OVERRULED
    expires_at = _ends_at(found, records) if passes else found.expires_at
    return in_force(found, expires_at=expires_at, reviewed=reviewed)


def fold_by_key(records: Iterable[ChoiceRecord]) -> dict[Key, ChoiceInForce]:
    """Return the choice in force of each key that `records`, whole histories, speak of."""
    histories: defaultdict[Key, list[ChoiceRecord]] = defaultdict(list)
    for record in records:
        histories[key_of(record)].append(record)
    folded = ((key, fold(history)) for key, history in histories.items())
    return {key: choice for key, choice in folded if choice}


def in_force(record: ChoiceRecord, *, expires_at: datetime | None, reviewed: bool = False) -> ChoiceInForce:
    """Return `record` as the choice in force of its key."""
    return ChoiceInForce(
        subject_ref=record.subject_ref,
        purpose=record.purpose,
        controller=record.controller,
        destination=record.destination,
        record_id=record.record_id,
        choice=record.choice,
        effective_at=record.effective_at,
        version=record.version,
        recorded_at=record.recorded_at,
        expires_at=expires_at,
        notice=record.notice,
        notice_version=record.notice_version,
        back_dated=record.back_dated,
        reviewed=reviewed,
    )


def _find_standing_no(records: Sequence[ChoiceRecord]) -> ChoiceRecord | None:
    """Return the latest no that stands; if all that stand were overruled, the officer's record on it."""
    lifting = _lifting(records)
    standing = [no for no in records if no.choice in NO and not any(is_lifted_by(yes, no) for yes in lifting)]
    overruled = _said_by_officers(records, Choice.OVERRULED)
    heeded = [no for no in standing if no.choice is not Choice.OBJECTED or no.record_id not in overruled]
    latest = _last(heeded) or _last(standing)
    return latest and (latest if heeded else overruled[latest.record_id])


def _find_yes(records: Sequence[ChoiceRecord]) -> ChoiceRecord | None:
    """Return the latest yes; if an officer invalidated it, the officer's record: no earlier yes revives."""
    latest = _last([record for record in records if record.choice in YES])
    return latest and _said_by_officers(records, Choice.INVALIDATED).get(latest.record_id, latest)


def is_lifted_by(yes: Dated, no: Dated) -> bool:
    """Return whether `yes` lifts `no`: it came after, and was not back-dated past a no already recorded."""
    return order_of(yes) > order_of(no) and not _is_barred(yes, no)


def _is_barred(yes: Dated, no: Dated) -> bool:
    return yes.back_dated and no.recorded_at < yes.recorded_at


def _ends_at(found: ChoiceRecord, records: Sequence[ChoiceRecord]) -> datetime | None:
    """Return when `found` ends, or the first no that was lifted stands again because its lifters ended."""
    lifting = _lifting(records)
    lifters = ([yes for yes in lifting if is_lifted_by(yes, no)] for no in records if no.choice in NO)
    ends = [_last_end(yeses) for yeses in lifters if yeses]
    own = found.expires_at if found.choice in YES else None  # an officer's finding has no end of its own
    return min((end for end in (own, *ends) if end is not None), default=None)


def _last_end(yeses: Iterable[ChoiceRecord]) -> datetime | None:
    ends = [yes.expires_at for yes in yeses]
    return None if None in ends else max(end for end in ends if end is not None)


def _lifting(records: Sequence[ChoiceRecord]) -> list[ChoiceRecord]:
    invalidated = _said_by_officers(records, Choice.INVALIDATED)
    return [record for record in records if record.choice in YES and record.record_id not in invalidated]


def _said_by_officers(records: Sequence[ChoiceRecord], choice: Choice) -> Mapping[str | None, ChoiceRecord]:
    return {record.refers_to: record for record in records if record.choice is choice}


def _last(records: Sequence[ChoiceRecord]) -> ChoiceRecord | None:
    return records[-1] if records else None


def displaces(new: ChoiceRecord, current: ChoiceInForce) -> bool:
    """Return whether `new`, just recorded, takes the place of `current`, by what these two say alone."""
    if new.choice in NEUTRAL:
        return current.choice in NEUTRAL and order_of(new) > order_of(current)
    if current.choice in NEUTRAL:
        return True
    if new.choice in YES and current.choice in NO:
        return is_lifted_by(new, current)
    return order_of(new) > order_of(current)


def needs_history(new: ChoiceRecord, current: ChoiceInForce) -> bool:
    """Return whether `new` and `current` alone do not tell what is in force after `new`.

    A choice told in time comes after all that is on record, so it settles its key. What is told late may
    meet records that the choice in force does not show.
    """
    if new.choice in OFFICER or current.reviewed:
        return True
    if NEUTRAL & {new.choice, current.choice}:
        return False
    comes_later = order_of(new) > order_of(current)
    if new.choice in NO:
        return current.choice in NO and new.back_dated and comes_later
    if current.choice in NO:
        return new.back_dated and comes_later and not _is_barred(new, current)
    return current.expires_at is not None and (new.back_dated or not comes_later)
