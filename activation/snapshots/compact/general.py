"""The general form of a state: all that the engine reads, for people whom the compact form does not hold.

Those are linked subjects, erased ones, and rare histories. Each member of a group keeps a copy of the whole.
"""

from collections.abc import Iterable
from datetime import datetime

import msgspec

from activation.decisions.types import Member, SubjectState
from activation.snapshots.compact.times import from_micros, to_micros
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName, Link

GENERAL = 1
"""The first byte of a general state."""
UNREADABLE = b"\x02\x00\x00"
"""The state of somebody whose sealed facts do not open: nothing may be decided from it."""


class _Record(msgspec.Struct, array_like=True, frozen=True):
    record_id: str
    version: int
    purpose: str
    choice: str
    effective_at: int
    recorded_at: int
    controller: str | None
    destination: str | None
    notice: str | None
    notice_version: int | None
    expires_at: int | None
    explicit: bool
    by_guardian: bool
    after_conflict_notice: bool
    back_dated: bool
    refers_to: str | None


class _Fact(msgspec.Struct, array_like=True, frozen=True):
    name: str
    value: str
    effective_at: int
    recorded_at: int
    version: int
    controller: str | None
    until: int | None


class _Member(msgspec.Struct, array_like=True, frozen=True):
    subject_ref: str
    version: int
    erased_at: int | None
    records: list[_Record]
    facts: list[_Fact]


class _Link(msgspec.Struct, array_like=True, frozen=True):
    left: str
    right: str
    linked_at: int
    recorded_at: int
    unlinked_at: int | None


class _Group(msgspec.Struct, array_like=True, frozen=True):
    members: list[_Member]
    links: list[_Link]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Group)


def encode_general(members: Iterable[Member], links: Iterable[Link]) -> bytes:
    """Return the general form of a group of linked subjects."""
    group = _Group([_write_member(member) for member in members], [_write_link(link) for link in links])
    return bytes([GENERAL]) + _ENCODER.encode(group)


def decode_general(state: bytes, *, asked: frozenset[str]) -> SubjectState:
    """Return the state of a group, asked about as `asked`; how fresh it is, the caller says.

    :raises msgspec.DecodeError, ValueError: if it is no general form.
    """
    group = _DECODER.decode(state[1:])
    return SubjectState(
        asked=asked,
        members=tuple(_read_member(member) for member in group.members),
        links=tuple(_read_link(link) for link in group.links),
    )


def _write_member(member: Member) -> _Member:
    return _Member(
        member.subject_ref,
        member.version,
        _micros(member.erased_at),
        [_write_record(record) for record in member.choices],
        [_write_fact(fact) for fact in member.facts],
    )


def _read_member(member: _Member) -> Member:
    ref = member.subject_ref
    return Member(
        subject_ref=ref,
        version=member.version,
        choices=tuple(_read_record(record, ref) for record in member.records),
        facts=tuple(_read_fact(fact, ref) for fact in member.facts),
        erased_at=_moment(member.erased_at),
    )


def _write_record(record: ChoiceRecord) -> _Record:
    return _Record(
        record.record_id,
        record.version,
        record.purpose,
        record.choice.value,
        to_micros(record.effective_at),
        to_micros(record.recorded_at),
        record.controller,
        record.destination,
        record.notice,
        record.notice_version,
        _micros(record.expires_at),
        record.explicit,
        record.by_guardian,
        record.after_conflict_notice,
        record.back_dated,
        record.refers_to,
    )


def _read_record(record: _Record, subject_ref: str) -> ChoiceRecord:
    return ChoiceRecord(
        record_id=record.record_id,
        subject_ref=subject_ref,
        version=record.version,
        purpose=record.purpose,
        choice=Choice(record.choice),
        effective_at=from_micros(record.effective_at),
        recorded_at=from_micros(record.recorded_at),
        controller=record.controller,
        destination=record.destination,
        notice=record.notice,
        notice_version=record.notice_version,
        expires_at=_moment(record.expires_at),
        explicit=record.explicit,
        by_guardian=record.by_guardian,
        after_conflict_notice=record.after_conflict_notice,
        back_dated=record.back_dated,
        refers_to=record.refers_to,
    )


def _write_fact(fact: Fact) -> _Fact:
    return _Fact(
        fact.name.value,
        fact.value,
        to_micros(fact.effective_at),
        to_micros(fact.recorded_at),
        fact.version,
        fact.controller,
        _micros(fact.until),
    )


def _read_fact(fact: _Fact, subject_ref: str) -> Fact:
    return Fact(
        subject_ref=subject_ref,
        name=FactName(fact.name),
        value=fact.value,
        effective_at=from_micros(fact.effective_at),
        recorded_at=from_micros(fact.recorded_at),
        version=fact.version,
        controller=fact.controller,
        until=_moment(fact.until),
    )


def _write_link(link: Link) -> _Link:
    times = (to_micros(link.linked_at), to_micros(link.recorded_at), _micros(link.unlinked_at))
    return _Link(link.left, link.right, *times)


def _read_link(link: _Link) -> Link:
    return Link(
        left=link.left,
        right=link.right,
        linked_at=from_micros(link.linked_at),
        recorded_at=from_micros(link.recorded_at),
        unlinked_at=_moment(link.unlinked_at),
    )


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
