"""Values about look-ups of people. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from consent.records.types import Choice
from consent.subjects.types import Identifier, SubjectRef


class Outcome(StrEnum):
    """What a look-up led to."""

    FOUND = "found"
    NOBODY = "nobody"
    SEVERAL = "several"  # people whom no link joins
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """By what somebody is looked up: an identifier, or else the reference of a subject."""

    identifier: Identifier | None = field(default=None, repr=False)
    ref: SubjectRef | None = field(default=None, repr=False)

    @property
    def told(self) -> str:
        """What was typed."""
        return self.identifier.value if self.identifier is not None else self.ref or ""


class Shown(StrEnum):
    """What of a person was shown to an officer, as the audit stream tells it."""

    FOUND = "whether_found"
    PAGE = "person_page"
    ANSWER = "answer_of_the_engine"
    ENTRY = "identifier_in_an_entry_form"
    RECEIPT = "receipt_of_a_record"
    SIGNAL = "text_of_a_signal"


class Way(StrEnum):
    """How a person told an officer."""

    PHONE = "phone"
    LETTER = "letter"
    EMAIL = "email"
    IN_PERSON = "in_person"
    CHAT = "chat"


WAY_WORDS = {
    Way.PHONE: "By telephone",
    Way.LETTER: "By letter",
    Way.EMAIL: "By e-mail",
    Way.IN_PERSON: "In person",
    Way.CHAT: "By chat",
}

ACTS = {
    Choice.WITHDRAWN: "Withdrawal: they take a consent back",
    Choice.OBJECTED: "Objection: they object to a use that rests on an interest (GDPR Art. 21)",
    Choice.OPTED_OUT: "Opt-out: they say no to a sale, a sharing, or being written to",
}
"""What an officer may record for a person: a no. A yes needs evidence of the person's own act."""
