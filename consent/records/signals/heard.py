"""The Global Privacy Control as a page of ours hears it. The page reads what it says, not a mapping."""

from collections.abc import Iterable
from datetime import datetime

from consent.records.signals.reads import get_signal_kinds
from consent.records.types import YES, Choice, ChoiceRecord, NewChoice, NewSignal, NewSignals, SignalKind
from consent.signals import gpc
from consent.signals.mapping.types import EXPLICIT, Conflict


def hear_gpc(
    controller: str | None, *, came_as: str, at: datetime, words: Iterable[ChoiceRecord | NewChoice] = ()
) -> NewSignals:
    """Return the signal that a browser sent at `at`, as evidence of the choice that is written beside it.

    `came_as` is `header` if the browser sent it itself, and `script` if a page's script told of it. `words`
    are the person's last about what the signal speaks to: each yes among them is a conflict, which the signal
    wins unless the yes was given in knowledge of it (11 CCR 7025(c)(3)).
    """
    yeses = [one for one in words if one.choice in YES and (one.expires_at is None or one.expires_at > at)]
    kinds = get_signal_kinds(one.refers_to for one in yeses if one.refers_to)
    return NewSignals(
        signals=(
            NewSignal(kind=SignalKind.GPC, text=gpc.SIGNAL, effective_at=at, facts={"came_as": came_as}),
        ),
        received=None,
        effective_at=at,
        controller=controller,
        conflicts=tuple(_conflict_with(one, kinds.get(one.refers_to or "")) for one in yeses),
    )


def _conflict_with(yes: ChoiceRecord | NewChoice, kind: SignalKind | None) -> Conflict:
    return Conflict(
        purpose=yes.purpose,
        heard=Choice.SIGNAL.value,
        heard_from=SignalKind.GPC.value,
        against=yes.choice.value,
        against_from=EXPLICIT if kind is None else kind.value,
        won="against" if yes.after_conflict_notice else "heard",
        explanation="the yes came after a notice of this conflict (11 CCR 7025(c)(3))"
        if yes.after_conflict_notice
        else "a no is honoured against an earlier yes",
    )
