"""Writes about notices to recipients: what an officer says of them."""

from uuid import UUID

from django.db import transaction

from activation.enforcement.recipients.models import RecipientNotice, RecipientTelling
from activation.enforcement.recipients.telling import tell_all
from consent.kernel.errors import AccordantError
from consent.ledger.queries import get_time

__all__ = ["NoticeAlreadyEnded", "NoticeNeedsWords", "NoticeNotFound", "mark_told", "tell_all"]


class NoticeNotFound(AccordantError):
    """There is no such notice."""

    code = "notice_not_found"
    status = 404


class NoticeAlreadyEnded(AccordantError):
    """Somebody has said before what became of the notice."""

    code = "notice_already_ended"
    status = 409


class NoticeNeedsWords(AccordantError):
    """That a recipient cannot be told needs a reason."""

    code = "notice_needs_words"
    status = 400


@transaction.atomic
def mark_told(notice_id: UUID | str, *, officer_id: int, note: str = "", is_impossible: bool = False) -> None:
    """Say that a recipient was told, or that it is impossible, or needs disproportionate effort, and why.

    :raises NoticeNotFound: if there is none. :raises NoticeAlreadyEnded: if somebody said so before.
    :raises NoticeNeedsWords: if it is impossible and no reason is given.
    """
    if is_impossible and not note.strip():
        raise NoticeNeedsWords("say why the recipient cannot be told")
    found = RecipientNotice.objects.filter(pk=notice_id).values_list("telling_id", flat=True).first()
    if found is None:
        raise NoticeNotFound("there is no such notice")
    RecipientTelling.objects.select_for_update().get(pk=found)
    notice = RecipientNotice.objects.select_for_update().get(pk=notice_id)
    if notice.told_at is not None:
        raise NoticeAlreadyEnded("somebody has said before what became of this notice")
    notice.told_at, notice.told_by_id = get_time(), officer_id
    notice.is_impossible, notice.note = is_impossible, note.strip()[:500]
    notice.save(update_fields=["told_at", "told_by", "is_impossible", "note"])
