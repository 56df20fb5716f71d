"""Writes about subjects: all that other apps may call."""

from collections.abc import Mapping

from consent.subjects.erasing import SubjectNotFound, erase_subject, sweep_erased_keys
from consent.subjects.kept_keys import destroy_kept_keys, hand_over_kept_keys
from consent.subjects.linking import (
    AlreadyDecided,
    CannotLink,
    HeldLinkNotFound,
    LinkNotFound,
    advance_versions,
    confirm_held_link,
    dismiss_held_link,
    link_by_officer,
    lock_groups_of,
    lock_versions,
    settle,
    unlink_subjects,
)
from consent.subjects.models import SubjectFact
from consent.subjects.resolving import Resolution, resolve
from consent.subjects.rotating import Rotation, rotate_identifier_index
from consent.subjects.types import Fact

__all__ = [
    "AlreadyDecided",
    "CannotLink",
    "HeldLinkNotFound",
    "LinkNotFound",
    "Resolution",
    "Rotation",
    "SubjectNotFound",
    "advance_versions",
    "append_facts",
    "confirm_held_link",
    "destroy_kept_keys",
    "dismiss_held_link",
    "erase_subject",
    "hand_over_kept_keys",
    "link_by_officer",
    "lock_groups_of",
    "lock_versions",
    "resolve",
    "rotate_identifier_index",
    "settle",
    "sweep_erased_keys",
    "unlink_subjects",
]

_FACT_FIELDS = (
    "fact_id",
    "subject",
    "version",
    "name",
    "controller",
    "effective_at",
    "until",
    "recorded_at",
    "source",
)


def append_facts(*, facts: Mapping[str, Fact], source: str) -> None:
    """Write `facts`, given by their ids; what each says lies sealed with its event, by `tell_fact`."""
    SubjectFact.objects.copy_in(
        _FACT_FIELDS,
        (
            (
                fact_id,
                fact.subject_ref,
                fact.version,
                fact.name.value,
                fact.controller or "",
                fact.effective_at,
                fact.until,
                fact.recorded_at,
                source,
            )
            for fact_id, fact in facts.items()
        ),
    )
