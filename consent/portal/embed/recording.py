"""Writing down what was said on a site, for the device that it was said on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from consent.kernel.errors import AccordantError
from consent.portal.embed.state import get_terms, identify
from consent.portal.embed.terms import Terms
from consent.portal.embed.types import EmbeddedSite, Statement
from consent.records.queries import list_records
from consent.records.services import hear_gpc, record_rows
from consent.records.types import (
    ANY_PURPOSE,
    YES,
    Choice,
    ChoiceRecord,
    Fault,
    FaultCode,
    NewChoice,
    NewRow,
    NewSignals,
    SignalKind,
)
from consent.subjects.queries import list_groups

_METHOD = "banner"


class DeviceForgotten(AccordantError):
    """The device's id led to somebody who was erased: it is not used again. The script makes another."""

    code = "device_forgotten"
    status = 410


class NothingInForce(AccordantError):
    """No policy is in force, so nobody knows what a yes would be to. A no is recorded all the same."""

    code = "policy_unavailable"
    status = 503


@dataclass(frozen=True, slots=True)
class _Known:
    """What the device has said already."""

    records: tuple[ChoiceRecord, ...]
    controller: str

    def said(self, purpose: str) -> Choice | None:
        """Return the latest that was said for the purpose."""
        latest = self.last_word(purpose)
        return latest.choice if latest else None

    def last_word(self, purpose: str) -> ChoiceRecord | None:
        """Return the latest record of the purpose."""
        own = [
            one
            for one in self.records
            if one.purpose == purpose and one.controller in {None, self.controller}
        ]
        return max(own, key=lambda one: (one.effective_at, one.version), default=None)


def record(statement: Statement, *, site: EmbeddedSite, at: datetime) -> tuple[str, ...] | list[Fault]:
    """Record what was said, all or nothing, and return the records' ids; or what is wrong with it.

    A browser's signal stands against every yes that was not given in knowledge of it.

    :raises DeviceForgotten: if the device's id led to somebody who was erased.
    :raises NothingInForce: if there is a yes in it, and no policy.
    """
    terms = get_terms(at=at)
    if any(statement.choices.values()) and not terms.published:
        raise NothingInForce("no policy is in force: a yes cannot be recorded yet")
    version = statement.notice_version or terms.version_in_force(statement.notice, at=statement.said_at)
    if fault := _find_fault(statement, site, version, terms):
        return [fault]
    known = _read_known(statement.device, site.controller)
    choices = tuple(_list_choices(statement, site, version, terms, known))
    if not choices:
        return ()
    row = NewRow(
        (identify(statement.device),), choices, (), signals=_hear(statement, site, choices, known, terms)
    )
    [outcome] = record_rows(rows=[row], source=f"site:{site.slug}", at=at)
    if isinstance(outcome, Fault):
        if outcome.code is FaultCode.SUBJECT_ERASED:
            raise DeviceForgotten("this device's id is not used any more: make another one")
        return [outcome]
    return outcome.record_ids


def _hear(
    statement: Statement, site: EmbeddedSite, choices: Sequence[NewChoice], known: _Known, terms: Terms
) -> NewSignals | None:
    """Return the browser's signal, if one of the choices came by it, with what it speaks against."""
    if not any(one.by is SignalKind.GPC for one in choices):
        return None
    came_as = "header" if statement.is_in_header else "script"
    words: dict[str, ChoiceRecord | NewChoice] = {
        purpose: record for purpose in sorted(terms.signalled) if (record := known.last_word(purpose))
    }
    words |= {one.purpose: one for one in choices if one.purpose in terms.signalled}
    return hear_gpc(site.controller, came_as=came_as, at=statement.said_at, words=words.values())


def _find_fault(statement: Statement, site: EmbeddedSite, version: int | None, terms: Terms) -> Fault | None:
    """Return why a yes could not have been given to this, or on the notice. A no needs neither."""
    yeses = {purpose for purpose, is_yes in statement.choices.items() if is_yes}
    if not yeses:
        return None
    if not yeses <= terms.purposes or site.controller not in terms.controllers:
        return Fault("choices", FaultCode.UNKNOWN_PURPOSE, "the policy in force does not know what it is to")
    since = terms.published.get(statement.notice, {}).get(version or 0)
    if since is None:
        return Fault("notice_version", FaultCode.UNKNOWN_NOTICE, "the policy has no such notice version")
    if since > statement.said_at:
        return Fault("notice_version", FaultCode.UNKNOWN_NOTICE, "nobody could see this notice then")
    return None


def _read_known(device: str, controller: str) -> _Known:
    [group] = list_groups([[identify(device)]])
    found = list_records(refs=sorted(group.asked))
    return _Known(tuple(one for records in found.values() for one in records), controller)


def _list_choices(
    statement: Statement, site: EmbeddedSite, version: int | None, terms: Terms, known: _Known
) -> Iterator[NewChoice]:
    """Yield the records, in their order: what comes later in it counts as said later."""
    is_against_signal = any(
        is_yes and purpose in terms.signalled for purpose, is_yes in statement.choices.items()
    )
    signal = _signal(statement, site)
    repeats = is_against_signal and not statement.after_conflict_notice
    if statement.gpc and not repeats and known.said(ANY_PURPOSE) is not Choice.SIGNAL:
        yield signal
    for purpose, is_yes in sorted(statement.choices.items()):
        yield _choice(statement, site, purpose, _name(is_yes, known.said(purpose)), version, terms)
    if statement.gpc and repeats:
        yield signal


def _name(is_yes: bool, said: Choice | None) -> Choice:
    if is_yes:
        return Choice.GRANTED
    return Choice.WITHDRAWN if said in YES else Choice.REFUSED


def _choice(
    statement: Statement,
    site: EmbeddedSite,
    purpose: str,
    choice: Choice,
    version: int | None,
    terms: Terms,
) -> NewChoice:
    is_known = version in terms.published.get(statement.notice, {})
    return NewChoice(
        purpose=purpose,
        choice=choice,
        effective_at=statement.said_at,
        controller=site.controller,
        notice=statement.notice if is_known else None,
        notice_version=version if is_known else None,
        method=f"{_METHOD}:{statement.banner}" if statement.banner else _METHOD,
        form=f"{site.slug}:{statement.language}"[:64] if statement.language else site.slug,
        after_conflict_notice=choice is Choice.GRANTED and statement.gpc and statement.after_conflict_notice,
    )


def _signal(statement: Statement, site: EmbeddedSite) -> NewChoice:
    return NewChoice(
        purpose=ANY_PURPOSE,
        choice=Choice.SIGNAL,
        effective_at=statement.said_at,
        controller=site.controller,
        method="gpc",
        form=site.slug,
        by=SignalKind.GPC,
    )
