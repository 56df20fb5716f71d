"""Whether a signal's text still says what is on record. Pure."""

from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Names
from datetime import datetime

from consent.records.rules.current import is_lifted_by, order_of
from consent.records.signals.standing import source_of, speaks_to
from consent.records.types import NO, YES, Choice, ChoiceRecord, SignalKind, SignalOnRecord
from consent.signals.mapping.standing import covers
from consent.signals.mapping.types import GPC, TCF, USP, Mapping, Row, family


def hold_against(
    records: Iterable[ChoiceRecord],
    signal: SignalOnRecord,
    *,
    mapping: Mapping,
    sources: Names[str, str],
    at: datetime,
) -> tuple[bool, tuple[str, ...]]:
    """Return whether the signal's text still holds, and the purposes refused since by other ways, in order.

    It does not if a no stands, come by whatever other way and whenever, for a purpose that the text speaks to
    and does not itself say no to. What was never granted because something stood against it does not hold
    from the beginning.
    """
    ours = [
        one
        for one in records
        if speaks_to(one, signal.controller) and (one.choice in NO or one.effective_at <= at)
    ]
    others = [no for no in ours if no.choice in NO and not _is_own(source_of(no, sources), signal.kind)]
    contradicted = any(
        _speaks(no, slug, row)
        and not _is_lifted(no, slug, ours)
        and not _says_no(ours, slug, signal, sources)
        for slug, row in mapping.purposes.items()
        if _is_about(row, signal.kind)
        for no in others
    )
    since = {
        no.purpose
        for no in others
        if no.effective_at > signal.effective_at and not _is_lifted(no, no.purpose, ours)
    }
    return not contradicted, tuple(sorted(since))


def _is_own(source: str, kind: SignalKind) -> bool:
    """Return whether a choice of that source came by the kind of signal, wherever that was packed in."""
    if kind is SignalKind.GPP:
        return source.startswith(f"{kind.value}:")
    return family(source) == {SignalKind.TCF: TCF, SignalKind.USP: USP, SignalKind.GPC: GPC}[kind]


def _is_about(row: Row, kind: SignalKind) -> bool:
    match kind:
        case SignalKind.TCF:
            return row.tcf is not None
        case SignalKind.GPP:
            return row.tcf is not None or row.tcf_canada is not None or bool(row.opt_out or row.sensitive)
        case _:
            return bool(row.opt_out)


def _speaks(no: ChoiceRecord, slug: str, row: Row) -> bool:
    """Return whether a no speaks to the purpose, or to something below it, which the text grants with it."""
    if no.choice is Choice.SIGNAL and not row.opt_out:
        return False
    return covers(no.purpose, slug) or covers(slug, no.purpose)


def _is_lifted(no: ChoiceRecord, purpose: str, records: Sequence[ChoiceRecord]) -> bool:
    """Return whether a later yes lifted the no for a purpose: one to just that, or to what the no was to."""
    lifting = {no.purpose, purpose} if covers(no.purpose, purpose) else {no.purpose}
    return any(one.choice in YES and one.purpose in lifting and is_lifted_by(one, no) for one in records)


def _says_no(
    records: Sequence[ChoiceRecord], slug: str, signal: SignalOnRecord, sources: Names[str, str]
) -> bool:
    """Return whether the last that the signal's kind said of the purpose is a no: the text says it, too."""
    own = [
        one
        for one in records
        if one.choice in NO | YES
        and covers(one.purpose, slug)
        and _is_own(source_of(one, sources), signal.kind)
    ]
    last = max(own, key=order_of, default=None)
    return last is not None and last.choice in NO
