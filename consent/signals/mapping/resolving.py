"""What becomes of signals: the precedence of the mapping. See `docs/explanation/signal-mapping.md`.

Law by jurisdiction, then the person's explicit choice, then GPC, then framework strings, then the default,
which is to record nothing. Within that a no is wide and a yes is narrow: every no is recorded, and a yes only
where no no stands that came another way. What is told late is not made up for here but where it is recorded.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from consent.signals.mapping.hearing import hear
from consent.signals.mapping.standing import Record
from consent.signals.mapping.types import (
    Conflict,
    Mapping,
    Outcome,
    Received,
    Resolution,
    Standing,
    Where,
    Word,
)

HEARD, AGAINST = "heard", "against"


def resolve(
    mapping: Mapping, received: Received, where: Where, standing: Iterable[Standing], at: datetime
) -> Resolution:
    """Return what to record of what was received at `at`, what contradicts it, and what came to nothing.

    The same arguments always give the same answer, and every argument gives one.
    """
    hearing = hear(mapping, received, where, at=at)
    record = Record(mapping, standing)
    fresh = [no for no in hearing.noes if not record.has_no(no)]
    yeses = [_weigh(yes, hearing.noes, record) for yes in hearing.yeses]
    allowed = [yes for yes in yeses if isinstance(yes, Outcome)]
    new = [yes for yes in allowed if not record.has_yes(yes)]
    return Resolution(
        outcomes=(*fresh, *new),
        unchanged=tuple(one for one in (*hearing.noes, *allowed) if one not in fresh and one not in new),
        conflicts=(
            *(conflict for no in fresh for conflict in _conflicts_of(no, record)),
            *(conflict for conflict in yeses if isinstance(conflict, Conflict)),
        ),
        unread=hearing.unread,
        mapping_version=mapping.label,
    )


def _weigh(yes: Outcome, noes: Iterable[Outcome], record: Record) -> Outcome | Conflict:
    """Return the yes if it may be recorded, or the conflict that it lost."""
    beside = next((no for no in noes if record.speaks_to(no, yes.purpose)), None)
    if beside is not None:
        explanation = f"beside it came a no: {beside.because}"
        return _lost(yes, beside.choice, beside.source, explanation)
    bar = record.find_bar(yes)
    if bar is not None:
        explanation = (
            "its own framework said no since"
            if bar.family == yes.family
            else "a framework's yes does not lift a no that came another way"
        )
        return _lost(yes, bar.choice, bar.source, explanation)
    return yes


def _lost(yes: Outcome, against: str, source: str, explanation: str) -> Conflict:
    return Conflict(
        purpose=yes.purpose,
        heard=yes.choice,
        heard_from=yes.source,
        against=str(against),
        against_from=source,
        won=AGAINST,
        explanation=explanation,
    )


def _conflicts_of(no: Outcome, record: Record) -> Iterator[Conflict]:
    """Yield each yes in force that a new no speaks against. Ties go to no."""
    for yes in record.contradicted(no):
        if record.is_lifted(no, yes.purpose):
            won, explanation = AGAINST, "a yes was given after the no was said"
        elif no.choice is Word.SIGNAL and yes.after_conflict_notice:
            won, explanation = (
                AGAINST,
                "the yes came after a notice of this conflict (11 CCR 7025(c)(3))",
            )
        elif yes.effective_at > no.effective_at:
            won, explanation = HEARD, "a string's later yes does not lift a no that came another way"
        else:
            won, explanation = HEARD, "a no is honoured against an earlier yes"
        yield Conflict(
            purpose=yes.purpose,
            heard=no.choice,
            heard_from=no.source,
            against=str(yes.choice),
            against_from=yes.source,
            won=won,
            explanation=explanation,
        )
