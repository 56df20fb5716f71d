"""What a message tells, by its type. The JSON Schema and the reference are written from here. Pure."""

from typing import Annotated, Literal

import msgspec

from consent.records.types import Choice

_TIME = {"format": "date-time"}
Time = Annotated[str, msgspec.Meta(extra_json_schema=_TIME)]


def _about(text: str) -> msgspec.Meta:
    return msgspec.Meta(description=text)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What every message on an entry of the ledger tells."""

    index: Annotated[
        int,
        _about(
            "The entry's place in the ledger: of two messages about one subject the one with the greater"
            " index is the later"
        ),
    ]
    event_id: Annotated[str, _about("Names the event for ever")]
    subject_ref: Annotated[str, _about("Whom it is about: a pseudonym, never an identifier")]
    version: Annotated[int, _about("The version that the event gave its subject")]
    recorded_at: Annotated[Time, _about("When it was recorded, by the database's clock")]


class ChoiceRecorded(Told, frozen=True, kw_only=True):
    """A choice was recorded: a yes, a no, a withdrawal, an invalidation by an officer; `choice` says which.

    There is one type for all of them, so that a receiver cannot miss withdrawals by taking grants only.
    """

    purpose: Annotated[
        str, _about("`*` speaks of all purposes; a no speaks of every purpose below its own, too")
    ]
    choice: Literal[tuple(choice.value for choice in Choice)]  # type: ignore[valid-type]
    controller: Annotated[str | None, _about("Null: towards every controller")]
    destination: Annotated[str | None, _about("Set if the person spoke of one recipient only")]
    notice: str | None
    notice_version: int | None
    effective_at: Annotated[Time, _about("Since when it counts, as the source claims")]
    expires_at: Annotated[Time | None, _about("When a yes ceases to count")]
    explicit: bool
    back_dated: Annotated[bool, _about("It was told late: it beats no no that was recorded before")]
    refers_to: Annotated[
        str | None,
        _about(
            "The record that a confirmation, invalidation or overruling speaks of, or that a no repeats;"
            " `sig_…`: the signal, such as a TC string, that the choice was read from"
        ),
    ]


class SubjectsLinked(Told, frozen=True, kw_only=True):
    """Two subjects were found to be one person: what either said counts for both."""

    other_ref: str
    linked_at: Time


class SubjectsUnlinked(Told, frozen=True, kw_only=True):
    """Two subjects turned out to be two persons."""

    other_ref: str
    unlinked_at: Time


class SubjectErased(Told, frozen=True, kw_only=True):
    """The subject was erased: everything about it is denied from now on, and what you hold of it is to go."""

    erased_at: Time


class ContentPruned(Told, frozen=True, kw_only=True):
    """The entry's content is gone, because its time was over; only this stays of it.

    It comes from a replay, or to a subscription that is years behind. The subject was erased before.
    """

    kind: Annotated[str, _about("What kind of event it was, such as `choice_recorded`")]


class SubscriptionTested(msgspec.Struct, frozen=True, kw_only=True):
    """An operator tries the connection: nothing changed. The ledger does not know it."""

    subscription: str


TYPES: dict[str, type[msgspec.Struct]] = {
    "consent.choice_recorded": ChoiceRecorded,
    "consent.subjects_linked": SubjectsLinked,
    "consent.subjects_unlinked": SubjectsUnlinked,
    "consent.subject_erased": SubjectErased,
    "consent.content_pruned": ContentPruned,
    "subscription.tested": SubscriptionTested,
}


class TopicChoice(msgspec.Struct, frozen=True, kw_only=True):
    """A subject's choice in force for one purpose, controller and destination."""

    record_id: str
    choice: Literal[tuple(choice.value for choice in Choice)]  # type: ignore[valid-type]
    controller: str | None
    destination: str | None
    notice: str | None
    notice_version: int | None
    effective_at: Annotated[Time, _about("One that lies ahead does not count as a yes before")]
    recorded_at: Time
    expires_at: Annotated[Time | None, _about("When a yes ceases to count")]


class TopicValue(msgspec.Struct, frozen=True, kw_only=True):
    """What the compacted topic tells of one subject; the message's key is the subject's reference.

    A message without a value is a tombstone: the subject was erased.
    """

    subject_ref: str
    version: Annotated[int, _about("How many events were on record about the subject")]
    index: Annotated[
        int, _about("The ledger's entries up to this one are in it; later ones about the subject may be")
    ]
    linked: Annotated[list[str], _about("Subjects that are the same person: their no counts here, too")]
    choices: Annotated[
        dict[str, list[TopicChoice]], _about("By purpose; `*` speaks of all. It is what the person said")
    ]


def write_message(kind: str, timestamp: str, data: msgspec.Struct) -> bytes:
    """Return the body of a message, as Standard Webhooks has it."""
    return msgspec.json.encode({"type": kind, "timestamp": timestamp, "data": data})
