"""What is on record of a person, as the mapping weighs it against what comes in. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from consent.records.rules.current import is_lifted_by, order_of
from consent.records.types import NO, YES, Choice, ChoiceRecord
from consent.signals.mapping.standing import covers
from consent.signals.mapping.types import EXPLICIT, GPC, Outcome, Standing, family


def list_standing(
    records: Iterable[ChoiceRecord], *, sources: Mapping[str, str], controller: str | None, at: datetime
) -> tuple[Standing, ...]:
    """Return what was chosen towards `controller`; None: towards whichever.

    `sources` holds, by record, the source of each that was read from a signal. Every no is there, lifted or
    not. A yes is there if it counts: it has not ended, no officer found it invalid, and it is not one that
    was told late and speaks against a no on record before.
    """
    ours = [one for one in records if one.destination is None and speaks_to(one, controller)]
    noes = [one for one in ours if one.choice in NO]
    counting = [*noes, *_list_counting(ours, noes, at)]
    return tuple(_stand(one, sources) for one in sorted(counting, key=order_of))


def find_standing_no(
    records: Iterable[ChoiceRecord], yes: Outcome, *, sources: Mapping[str, str], controller: str | None
) -> ChoiceRecord | None:
    """Return the latest no of the yes's own framework that speaks to its purpose and that nothing lifted."""
    ours = [one for one in records if one.destination is None and speaks_to(one, controller)]
    yeses = [one for one in ours if one.choice in YES and one.purpose == yes.purpose]
    noes = (
        no
        for no in ours
        if no.choice in NO
        and covers(no.purpose, yes.purpose)
        and family(source_of(no, sources)) == yes.family
    )
    standing = [no for no in noes if not any(is_lifted_by(one, no) for one in yeses)]
    return max(standing, key=order_of, default=None)


def speaks_to(record: ChoiceRecord, controller: str | None) -> bool:
    """Return whether a choice was made towards `controller`; None stands for whichever."""
    return controller is None or record.controller in {None, controller}


def _list_counting(
    records: Sequence[ChoiceRecord], noes: Sequence[ChoiceRecord], at: datetime
) -> Iterator[ChoiceRecord]:
    invalid = {one.refers_to for one in records if one.choice is Choice.INVALIDATED}
    for one in records:
        if one.choice in YES and one.record_id not in invalid:
            has_ended = one.expires_at is not None and one.expires_at <= at
            is_barred = any(order_of(one) > order_of(no) and not is_lifted_by(one, no) for no in noes)
            if not has_ended and not is_barred:
                yield one


def source_of(record: ChoiceRecord, sources: Mapping[str, str]) -> str:
    """Return which way a choice came: the person's own act, unless it was read from a signal."""
    by_default = GPC if record.choice is Choice.SIGNAL else EXPLICIT
    return sources.get(record.record_id, by_default)


def _stand(record: ChoiceRecord, sources: Mapping[str, str]) -> Standing:
    return Standing(
        purpose=record.purpose,
        source=source_of(record, sources),
        choice=record.choice.value,
        effective_at=record.effective_at,
        after_conflict_notice=record.after_conflict_notice,
    )
