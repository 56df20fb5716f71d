"""What officers can add to the register, because the policy has no field for it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from activation.desk.register.types import Source, Stated


class NoteAbout(StrEnum):
    """What a note speaks of."""

    CONTROLLER = "controller"
    PURPOSE = "purpose"
    DESTINATION = "destination"


class NoteTopic(StrEnum):
    """What a note tells of it."""

    CONTACT = "contact"
    JOINT_CONTROLLERS = "joint_controllers"
    REPRESENTATIVE = "representative"
    DATA_PROTECTION_OFFICER = "data_protection_officer"
    DATA_SUBJECTS = "data_subjects"
    RETENTION = "retention"
    SAFEGUARDS = "safeguards"
    MEASURES = "measures"

    @property
    def words(self) -> str:
        """The topic as a sentence names it."""
        return self.value.replace("_", " ")


TOPICS: Mapping[NoteAbout, tuple[NoteTopic, ...]] = {
    NoteAbout.CONTROLLER: (
        NoteTopic.CONTACT,
        NoteTopic.JOINT_CONTROLLERS,
        NoteTopic.REPRESENTATIVE,
        NoteTopic.DATA_PROTECTION_OFFICER,
    ),
    NoteAbout.PURPOSE: (NoteTopic.DATA_SUBJECTS, NoteTopic.RETENTION, NoteTopic.MEASURES),
    NoteAbout.DESTINATION: (NoteTopic.SAFEGUARDS,),
}

WANTED: Mapping[NoteTopic, str] = {
    NoteTopic.CONTACT: "postal address, e-mail address or telephone number of {}",
    NoteTopic.JOINT_CONTROLLERS: "who decides jointly with {} (Art. 26), or that nobody does",
    NoteTopic.REPRESENTATIVE: "the representative of {} in the Union (Art. 27), or why none is needed",
    NoteTopic.DATA_PROTECTION_OFFICER: "how to reach the data protection officer of {}, or why there is none",
    NoteTopic.DATA_SUBJECTS: "whose data is used for {}: customers, visitors, employees",
    NoteTopic.RETENTION: "when the data used for {} is erased from your systems, by category",
    NoteTopic.SAFEGUARDS: (
        "what permits the transfer to {}: an adequacy decision, standard contractual clauses, binding"
        " corporate rules or a derogation (Art. 44 to 49)"
    ),
    NoteTopic.MEASURES: "the security measures of your other systems that serve {}",
}
"""What to fill in, with room for the name of what it is about."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where one note belongs."""

    about: NoteAbout
    slug: str
    topic: NoteTopic

    @property
    def key(self) -> str:
        """The place in a form's choice and an address."""
        return f"{self.about}:{self.slug}:{self.topic}"

    @property
    def words(self) -> str:
        """The place as a sentence names it."""
        return f"{self.about} {self.slug}: {self.topic.words}"


Notes = Mapping[Place, str]
"""The notes in force. One whose text is empty was taken back, and is not here."""


def state(notes: Notes, place: Place, name: str) -> Stated:
    """Return what a note says at `place`; a gap that says what is missing of `name` if none does."""
    text = notes.get(place, "")
    if text:
        return Stated(text=text, source=Source.NOTE, place=place.key)
    wanted = WANTED[place.topic].format(name)
    told = f"To be filled in by the controller: {wanted}."
    return Stated(text=told, source=Source.MISSING, place=place.key)
