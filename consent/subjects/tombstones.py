"""What tells the ledger whose content it may prune: subjects whom no decision reaches any more."""

import pgtrigger

from consent.ledger.append_only import OwnersTrigger

_CLOSED = (
    "INSERT INTO public.consent_ledger_erasedsubject (subject_ref, erased_at)"
    " SELECT one.ref, greatest(one.erased_at, clock_timestamp())"
    " FROM public.consent_subjects_subject AS one"
    " WHERE one.erased_at IS NOT NULL AND ({which}) AND NOT EXISTS ("
    " SELECT FROM public.consent_subjects_subjectlink AS link"
    " JOIN public.consent_subjects_subject AS other ON other.ref IN (link.left_ref, link.right_ref)"
    " WHERE one.ref IN (link.left_ref, link.right_ref)"
    " AND link.unlinked_at IS NULL AND other.erased_at IS NULL"
    ") ON CONFLICT DO NOTHING;"
)
_LINKED_TO_NEW = (
    "one.ref = NEW.ref OR one.ref IN (SELECT link.left_ref FROM public.consent_subjects_subjectlink AS link"
    " WHERE link.right_ref = NEW.ref AND link.unlinked_at IS NULL UNION ALL"
    " SELECT link.right_ref FROM public.consent_subjects_subjectlink AS link"
    " WHERE link.left_ref = NEW.ref AND link.unlinked_at IS NULL)"
)


class TellErasure(OwnersTrigger):
    """Enters a subject that is erased, and takes out one that is not any more.

    Its time there is the database's at the least: the application, which sets `erased_at`, cannot make it
    seem longer ago. A subject linked to a living one is not entered: a no that it said stands for both.
    """

    name = "tell_erasure"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("erased_at")  # type: ignore[no-untyped-call]  # it has no types
    func = (
        "IF TG_OP = 'INSERT' AND NEW.erased_at IS NULL THEN RETURN NULL; END IF;"  # noqa: S608 - names of ours
        " IF TG_OP = 'UPDATE' AND OLD.erased_at IS NOT DISTINCT FROM NEW.erased_at THEN RETURN NULL; END IF;"
        " DELETE FROM public.consent_ledger_erasedsubject WHERE subject_ref = NEW.ref; "
        + _CLOSED.format(which=_LINKED_TO_NEW)
        + " RETURN NULL;"
    )


class TellLink(OwnersTrigger):
    """Takes erased subjects out while they are linked to a living one, and enters them anew afterwards."""

    name = "tell_link"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.Update
    func = (
        "DELETE FROM public.consent_ledger_erasedsubject AS erased"  # noqa: S608 - names of ours
        " WHERE erased.subject_ref IN (NEW.left_ref, NEW.right_ref) AND NEW.unlinked_at IS NULL AND EXISTS ("
        "SELECT FROM public.consent_subjects_subject AS other"
        " WHERE other.ref IN (NEW.left_ref, NEW.right_ref) AND other.erased_at IS NULL); "
        + _CLOSED.format(which="one.ref IN (NEW.left_ref, NEW.right_ref)")
        + " RETURN NULL;"
    )
