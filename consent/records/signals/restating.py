"""Which yeses of strings a no would have kept out, had it been told in time; it is said once more as of them.

A framework's yes lifts only a no of its own framework. That is seen to when a yes is recorded; here it is
seen to when a no is, so that it does not depend on which of the two is told first. Pure.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from consent.records.rules.current import is_lifted_by, order_of
from consent.records.signals.standing import source_of
from consent.records.types import YES, Choice, ChoiceRecord, NewChoice
from consent.signals.mapping.standing import covers, speaks_to
from consent.signals.mapping.types import EXPLICIT, family
from consent.signals.mapping.types import Mapping as SignalMapping


def list_kept_out(
    no: ChoiceRecord,
    records: Iterable[ChoiceRecord],
    *,
    sources: Mapping[str, str],
    mapping: SignalMapping | None,
) -> list[ChoiceRecord]:
    """Return the string's yeses that lift `no` and would not be on record, had the no been known before.

    Of each purpose and controller it is the latest such yes: as of that, the no bars the others too, and what
    may lift it still lies behind. `records` are those of everybody linked to the person, the no included;
    `sources` holds the source of each that was read from a signal. Without a mapping, an opt-out signal is
    taken to speak to every purpose below its own. The no is not said again where it was already.
    """
    if no.destination is not None:
        return []  # no string's yes speaks of one recipient
    invalid = {one.refers_to for one in records if one.choice is Choice.INVALIDATED}
    yeses = [
        one for one in records if one.choice in YES and one.record_id not in invalid and is_lifted_by(one, no)
    ]
    latest: dict[tuple[str, str | None], ChoiceRecord] = {}
    for yes in sorted(yeses, key=order_of):
        if _would_bar(no, yes, yeses, sources, mapping):
            latest[yes.purpose, yes.controller] = yes
    return [yes for yes in latest.values() if not _is_said(no, yes, records, sources)]


def restate(claim: NewChoice, no: ChoiceRecord, yes: ChoiceRecord, *, is_read: bool) -> NewChoice:
    """Return the no once more, as of the yes: ties go to no. It is as narrow as the yes is.

    It names the no that it repeats, or, if that was read from a signal, the signal.
    """
    return replace(
        claim,
        purpose=yes.purpose,
        controller=yes.controller,
        effective_at=yes.effective_at,
        expires_at=None,
        refers_to=no.refers_to if is_read else no.record_id,
    )


def _would_bar(
    no: ChoiceRecord,
    yes: ChoiceRecord,
    yeses: Sequence[ChoiceRecord],
    sources: Mapping[str, str],
    mapping: SignalMapping | None,
) -> bool:
    """Return whether a string's yes had not been recorded, had the no been known: the mapping's own rule."""
    return (
        yes.record_id in sources
        and family(sources[yes.record_id]) != family(source_of(no, sources))
        and no.controller in {None, yes.controller}
        and _speaks_to(no, yes.purpose, mapping)
        and not any(_lifted_before(one, no, yes, sources) for one in yeses)
    )


def _speaks_to(no: ChoiceRecord, purpose: str, mapping: SignalMapping | None) -> bool:
    if mapping is None:
        return covers(no.purpose, purpose)
    return speaks_to(mapping, no.choice, no.purpose, purpose)


def _lifted_before(
    one: ChoiceRecord, no: ChoiceRecord, yes: ChoiceRecord, sources: Mapping[str, str]
) -> bool:
    """Return whether another yes had lifted the no, for whoever was to hear the string's, when that came.

    The person's own does, and one of the no's framework.
    """
    own_source = source_of(one, sources)
    return (
        family(own_source) in {EXPLICIT, family(source_of(no, sources))}
        and (one.purpose, one.controller, one.destination) == (yes.purpose, yes.controller, None)
        and order_of(one) < order_of(yes)
        and (one.expires_at is None or one.expires_at > yes.recorded_at)
    )


def _is_said(
    no: ChoiceRecord, yes: ChoiceRecord, records: Iterable[ChoiceRecord], sources: Mapping[str, str]
) -> bool:
    """Return whether the same was said of the subject as of the yes, or later, and not overruled."""
    overruled = {one.refers_to for one in records if one.choice is Choice.OVERRULED}
    return any(
        (one.subject_ref, one.choice, one.purpose) == (no.subject_ref, no.choice, yes.purpose)
        and one.controller in {None, yes.controller}
        and one.destination is None
        and one.effective_at >= yes.effective_at
        and not is_lifted_by(yes, one)
        and family(source_of(one, sources)) == family(source_of(no, sources))
        and one.record_id not in overruled
        for one in records
    )
