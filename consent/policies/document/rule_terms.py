"""Faults of rules in what they say: terms that do not fit the basis, or that contradict each other."""

from collections.abc import Iterator

from consent.kernel.periods import MalformedPeriod, Period
from consent.policies.document.paths import Finding, Parts, field_of, fields_of, items_of, texts_of
from consent.policies.document.schema import shown
from consent.signals.flags import check_flag

# Tuples, not sets: what stands in a document may be a list, and a set cannot be asked for one.
_CONSENT_TERMS = ("validity", "double_opt_in", "notice")
_ASSESSED = ("legitimate_interest", "legal_obligation", "public_task", "strictly_necessary")
_CONSENT_BANDS = ("guardian", "own_consent")


def find_term_faults(document: object) -> Iterator[Finding]:
    """Yield what is wrong inside each rule."""
    for number, rule in enumerate(items_of(document, "rules")):
        parts = ("rules", number)
        yield from _basis(rule, parts)
        yield from _validity(rule, parts)
        yield from _ages(rule, parts)
        yield from _obligations(rule, parts)


def _basis(rule: object, parts: Parts) -> Iterator[Finding]:
    basis = field_of(rule, "basis")
    if isinstance(basis, str) and basis != "consent" and not _asks_the_young(rule):
        for name in _CONSENT_TERMS:
            if field_of(rule, name) not in (None, False):
                message = (
                    f"goes with the basis consent, or with age bands that ask for consent; found {basis}"
                )
                yield Finding((*parts, name), message)
    if basis in _ASSESSED and field_of(rule, "assessment") is None:
        message = f"missing; the basis {basis} names the assessment it rests on, such as 'LIA-2026-04'"
        yield Finding((*parts, "assessment"), message)


def _asks_the_young(rule: object) -> bool:
    """Return whether an age band puts consent in place of the rule's own basis."""
    bands = items_of(field_of(rule, "age"), "bands")
    return any(field_of(band, "effect") in _CONSENT_BANDS for band in bands)


def _validity(rule: object, parts: Parts) -> Iterator[Finding]:
    validity = field_of(rule, "validity")
    if not isinstance(validity, str):
        return
    try:
        Period.parse(validity)
    except MalformedPeriod:
        message = f"found {shown(validity)}, expected a period of at least a day, such as 'P13M'"
        yield Finding((*parts, "validity"), message)


def _ages(rule: object, parts: Parts) -> Iterator[Finding]:
    youngest = 0.0
    for index, band in enumerate(items_of(field_of(rule, "age"), "bands")):
        under = field_of(band, "under")
        if isinstance(under, bool) or not isinstance(under, int | float):
            continue
        if under <= youngest and index:
            message = (
                f"found {shown(under)}, expected more than {youngest:g}: bands go from youngest to oldest"
            )
            yield Finding((*parts, "age", "bands", index, "under"), message)
        youngest = max(youngest, under)


def _obligations(rule: object, parts: Parts) -> Iterator[Finding]:
    """Yield columns that are to be treated in two ways. An obligation reaches a column whatever its case."""
    obligations = field_of(rule, "obligations")
    where = (*parts, "obligations")
    treated = {_folded(column): "drop" for _, column in texts_of(obligations, "drop")}
    for treatment in ("mask", "set", "signal"):
        for column in fields_of(obligations, treatment):
            earlier = treated.setdefault(_folded(column), treatment)
            if earlier != treatment:
                message = f"the column {column!r} stands under {earlier} too; choose one"
                yield Finding((*where, treatment, column), message)
    for column, value in fields_of(obligations, "set").items():
        if isinstance(value, str) and (wrong := check_flag(column, value)):
            yield Finding((*where, "set", column), f"found {shown(value)}; {wrong}")


def _folded(column: str) -> str:
    return column.strip().casefold()
