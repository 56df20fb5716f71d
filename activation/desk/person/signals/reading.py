"""The signals of a person, with what each says and what became of it, in a fixed number of statements."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from activation.desk.person.signals.saying import tell
from activation.desk.person.signals.types import Said
from consent.kernel.errors import AccordantError
from consent.records.queries import list_choices_of_signals, list_signals, list_texts_of_signals
from consent.records.types import ChoiceRecord, SignalOnRecord
from consent.subjects.queries import SubjectStateUnreadable
from consent.subjects.types import SubjectRef

AT_ONCE = 25
"""How many are shown with what they say, the latest."""
MOST = 200
"""How many are told of among what happened."""


class SignalNotFound(AccordantError):
    """The person has no such signal, or its text is gone."""

    code = "signal_not_found"
    status = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsFile:
    """A person's signals, the latest first."""

    listed: Sequence[SignalOnRecord] = ()
    """At most `MOST`."""
    choices: Mapping[str, Sequence[ChoiceRecord]] = field(default_factory=dict)
    said: Mapping[str, Said] | None = field(default_factory=dict)
    """What those shown say; none of the erased. None: the texts do not open."""

    @property
    def shown(self) -> Sequence[SignalOnRecord]:
        """Those that are shown with what they say."""
        return self.listed[:AT_ONCE]

    @property
    def has_more(self) -> bool:
        """Whether there are older ones."""
        return len(self.listed) > AT_ONCE


def read_signals(refs: Sequence[SubjectRef], erased: Collection[SubjectRef]) -> SignalsFile:
    """Return the signals of `refs`. What they say is decoded from the sealed texts, and is kept nowhere.

    :raises KeyUnreadable, KeysUnavailable: if a key cannot be had.
    """
    listed = list_signals(refs=refs, limit=MOST)
    shown = listed[:AT_ONCE]
    return SignalsFile(
        listed=listed,
        choices=list_choices_of_signals((one.event_id for one in shown), refs=refs),
        said=_read_said([one for one in shown if one.subject_ref not in erased]),
    )


def read_text(
    event_id: str, *, refs: Sequence[SubjectRef], erased: Collection[SubjectRef]
) -> tuple[SignalOnRecord, str]:
    """Return one signal of `refs`, and its text as it was sent.

    :raises SignalNotFound: if they have no such signal, or it was erased.
    :raises SubjectStateUnreadable: if it does not open.
    """
    found = find_signal(event_id, refs=refs)
    if found is None or found.subject_ref in erased:
        raise SignalNotFound("they have no such signal, or its text was erased")
    return found, list_texts_of_signals([found])[event_id]


def find_signal(event_id: str, *, refs: Sequence[SubjectRef]) -> SignalOnRecord | None:
    """Return a signal if it is one of `refs`."""
    return next((one for one in list_signals(refs=refs, limit=MOST) if one.event_id == event_id), None)


def _read_said(signals: Sequence[SignalOnRecord]) -> Mapping[str, Said] | None:
    try:
        texts = list_texts_of_signals(signals)
    except SubjectStateUnreadable:
        return None
    return {one.event_id: tell(one.kind, texts[one.event_id]) for one in signals}
