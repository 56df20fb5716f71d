"""Writing what a visitor chose. A yes is narrow, a no is wide; all of a form is written, or nothing.

Whoever holds a mailing's link may say no. A yes takes proof: mailings are passed on, and nobody may consent
in another's name (ADR 39).
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from consent.kernel.errors import AccordantError
from consent.portal.models import Visit
from consent.portal.preferences import policy
from consent.portal.preferences.said import Said, read_said
from consent.portal.types import Trust, Visitor
from consent.records.queries import get_vocabulary
from consent.records.services import record_rows
from consent.records.types import NO, Choice, Fault, FaultCode, NewChoice, NewRow
from consent.subjects.types import Identifier, IdentifierKind

SOURCE = "preference centre"
_METHOD = "preference_centre"
_CONTACTS = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


class ProofNeeded(AccordantError):
    """The visitor came by a link that can be passed on: a yes takes a code first."""

    code = "proof_needed"
    status = 403


class ChoiceNotTaken(AccordantError):
    """A yes to a purpose or on a notice that the policy in force does not have: the page was old."""

    code = "choice_not_taken"
    status = 409


class PeopleUnclear(AccordantError):
    """The identifiers lead to people who must not be joined: an officer has to look."""

    code = "people_unclear"
    status = 409


def may_grant(visitor: Visitor) -> bool:
    """Return whether the visitor may say yes. Everybody may say no."""
    return visitor.trust is not Trust.LINK


@transaction.atomic
def record(
    visitor: Visitor,
    changes: Mapping[str, bool],
    *,
    notice: str,
    notice_version: int | None,
    at: datetime,
    source: str = SOURCE,
    channel: str = "",
    after_conflict_notice: bool = False,
) -> tuple[str, ...]:
    """Write a yes or a no for each purpose, and return the ids of the records that say so now.

    What was said in this visit already, on the same notice, is not written again: a form may be sent twice.
    A yes that the policy wants confirmed is confirmed by the visitor's own proof, if a code or a link that we
    or the caller sent to their address opened the visit; otherwise it is pending.

    :raises ProofNeeded: if there is a yes, and the visitor may say none; nothing is written.
    :raises ChoiceNotTaken: if a yes names a purpose or a notice that there is not; nothing is written.
    :raises PeopleUnclear: if whom the yes is of cannot be told; nothing is written.
    """
    _check_yeses(visitor, changes, (notice, notice_version), at)
    document, said = policy.get_document(at=at), _read_said(visitor, at)
    since = _lock_visit(visitor)
    standing: list[str] = []
    choices: list[NewChoice] = []
    for purpose, is_yes in changes.items():
        found = said.since(since, purpose, is_yes=is_yes, notice=(notice, notice_version))
        if found:
            standing += found
            continue
        choice = _yes(document, visitor, purpose) if is_yes else _no(document, visitor, purpose, said)
        choices.append(
            NewChoice(
                purpose=purpose,
                choice=choice,
                effective_at=at,
                controller=visitor.controller or None,
                notice=notice or None,
                notice_version=notice_version if notice else None,
                method=_METHOD,
                form=channel or None,
                explicit=is_yes,
                after_conflict_notice=is_yes and after_conflict_notice,
            )
        )
    written = _write(visitor, choices, source=source, at=at)
    return (*standing, *written)


@transaction.atomic
def unsubscribe_all(
    visitor: Visitor, *, at: datetime, source: str = SOURCE, channel: str = "unsubscribe_all"
) -> tuple[str, ...]:
    """Write a no to all that the visitor chooses about, at the top, and return the records that say so now.

    Of somebody who was erased nothing is written: all is denied for them already.
    """
    tops = policy.find_tops(policy.get_document(at=at), visitor.controller)
    return say_no(visitor, tops, at=at, source=source, channel=channel)


@transaction.atomic
def unsubscribe(
    visitor: Visitor, *, at: datetime, source: str = SOURCE, channel: str = "one_click"
) -> tuple[str, ...]:
    """Write a no to what the visitor's link was about; without one, to all direct marketing."""
    document = policy.get_document(at=at)
    tops = (visitor.purpose,) if visitor.purpose else policy.find_marketing(document, visitor.controller)
    return say_no(visitor, tops, at=at, source=source, channel=channel)


def say_no(
    visitor: Visitor, purposes: Sequence[str], *, at: datetime, source: str, channel: str
) -> tuple[str, ...]:
    """Write a no at each purpose where none stands yet, and return the records that say so now."""
    document, said = policy.get_document(at=at), _read_said(visitor, at)
    standing = {purpose: said.noes_at(purpose) for purpose in purposes}
    choices = [
        NewChoice(
            purpose=purpose,
            choice=_no(document, visitor, purpose, said),
            effective_at=at,
            controller=visitor.controller or None,
            method=_METHOD,
            form=channel,
        )
        for purpose, found in standing.items()
        if not found
    ]
    written = _write(visitor, choices, source=source, at=at)
    return (*(one for found in standing.values() for one in found), *written)


def _check_yeses(
    visitor: Visitor, changes: Mapping[str, bool], notice: tuple[str, int | None], at: datetime
) -> None:
    yeses = [purpose for purpose, is_yes in changes.items() if is_yes]
    if not yeses:
        return
    if not may_grant(visitor):
        raise ProofNeeded("a yes takes a code first: a link can be passed on")
    known = get_vocabulary(at=at)
    declared = visitor.controller in known.controllers and known.purposes.issuperset(yeses)
    if not declared or notice not in known.notices:
        raise ChoiceNotTaken("the policy in force has no such purpose, or no such notice: open the page anew")


def _lock_visit(visitor: Visitor) -> datetime | None:
    """Let two forms of one visit wait for each other, and return when it began; None: it has no row."""
    if not visitor.visit_id:
        return None
    rows = Visit.objects.select_for_update().filter(pk=visitor.visit_id).order_by("pk")
    return rows.values_list("opened_at", flat=True).first()


def _read_said(visitor: Visitor, at: datetime) -> Said:
    return read_said(visitor.identifiers, controller=visitor.controller or None, at=at)


def _yes(document: policy.Document, visitor: Visitor, purpose: str) -> Choice:
    is_asked = policy.asks_to_confirm(document, visitor.controller, purpose)
    return Choice.PENDING if is_asked else Choice.GRANTED


def _no(document: policy.Document, visitor: Visitor, purpose: str, said: Said) -> Choice:
    after_yes = said.has_yes_below(purpose)
    return policy.choose_no(document, visitor.controller, purpose, after_yes=after_yes)


def _write(visitor: Visitor, choices: Sequence[NewChoice], *, source: str, at: datetime) -> tuple[str, ...]:
    """Write choices, confirm those that wait for it where the visit is proof, and return the records' ids."""
    waiting = [one for one in choices if one.choice is Choice.PENDING]
    plain = [one for one in choices if one.choice is not Choice.PENDING]
    written = _record(visitor, plain, source=source, at=at)
    pending = _record(visitor, waiting, source=source, at=at)
    if not _is_proof(visitor):
        return (*written, *pending)
    confirmations = [
        replace(asked, choice=Choice.CONFIRMED, refers_to=record_id)
        for asked, record_id in zip(waiting, pending, strict=True)
    ]
    return (*written, *_record(visitor, confirmations, source=source, at=at))


def _record(visitor: Visitor, choices: Sequence[NewChoice], *, source: str, at: datetime) -> tuple[str, ...]:
    if not choices:
        return ()
    identifiers = _as_known(visitor)
    is_yes = any(one.choice not in NO for one in choices)
    starts_anew = is_yes and any(one.is_verified for one in identifiers)
    row = NewRow(identifiers, tuple(choices), (), new_start=starts_anew)
    [outcome] = record_rows(rows=[row], source=source, at=at)
    if not isinstance(outcome, Fault):
        return outcome.record_ids
    if outcome.code is FaultCode.SUBJECT_ERASED and not is_yes:
        return ()  # all is denied for them already, and nothing is stored of them
    raise PeopleUnclear("these identifiers lead to people who must not be joined")


def _as_known(visitor: Visitor) -> tuple[Identifier, ...]:
    """Return the visitor's identifiers, as far as the visit vouches for them: a link does not."""
    if visitor.trust is Trust.PROVEN:
        return visitor.identifiers
    return tuple(Identifier(one.kind, one.value, is_normalised=True) for one in visitor.identifiers)


def _is_proof(visitor: Visitor) -> bool:
    """Return whether the visit itself shows that an address's holder acts: it was opened by way of it."""
    return visitor.trust is Trust.PROVEN and any(
        one.verified and one.kind in _CONTACTS for one in visitor.identifiers
    )
