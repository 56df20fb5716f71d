"""Deciding a whole audience and writing what may leave of it, before anybody is given it."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.register import Register, owed_to
from activation.decisions.types import SubjectState
from activation.enforcement.canaries import services as canaries
from activation.enforcement.canaries.types import CanariesNotApplicable
from activation.enforcement.changes import list_changed
from activation.enforcement.files import RunFiles, sync
from activation.enforcement.judging import Judge, PeopleFile
from activation.enforcement.leaving import write_allowed
from activation.enforcement.members import MemberCounts, write_members
from activation.enforcement.membership.told import open_told
from activation.enforcement.order import Order
from activation.enforcement.people_file import find_people_file, open_judge
from activation.enforcement.roll import Roll, refs_of
from activation.enforcement.stream import Stream
from activation.enforcement.strings.holding_back import Strings
from activation.enforcement.strings.looking_up import LookUp
from activation.enforcement.strings.vendors import judge_by
from activation.enforcement.tally import Tally, tally_up
from activation.enforcement.types import Stage
from activation.obligations.plan import OutputPlan, plan_output
from activation.snapshots.bulk.planning import Asked
from activation.snapshots.bulk.running import Duck
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.ledger.queries import get_oldest_pending, get_time
from consent.subjects.queries import list_groups_asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a run would let leave, and all that it rests on. Its files have no names yet."""

    order: Order
    """As it was asked for, with the moment that was decided for."""
    policy: CompiledPolicy
    register: Register
    watermark: int
    states_watermark: int
    stream: Stream
    judge: Judge
    plan: OutputPlan
    tally: Tally
    members: MemberCounts
    strings: Strings | None
    """The strings of people that the rows carry; None if no allow asks for any."""
    told: Path | None
    """What each row calls its person when it leaves, in a file; None where that is not known here."""

    @property
    def canary_rows(self) -> int:
        """How many canary rows were hidden among the audience's, and denied."""
        return len(self.stream.places)

    def has_ended(self, now: datetime) -> bool:
        """Return whether one of the allows is over already."""
        return self.tally.not_after is not None and now >= self.tally.not_after


def draft(order: Order, files: RunFiles, duck: Duck, scratch: Path, run_key: bytes) -> Draft:
    """Decide every row, and write what may leave and the evidence under partial names.

    :raises AudienceUnreadable: if a row is malformed.
    :raises ObligationNotSupported: if the policy may ask for what cannot be done. No row is read then.
    :raises CanaryAlarm: if a canary was not denied once.
    """
    canaries.ensure_canaries(destination=order.question.destination, at=order.at)
    roll_path = scratch / "roll.parquet"
    order.watcher.stage(Stage.READING)
    with open_snapshot(at=max(order.at, get_time())) as snapshot:
        order = replace(order, at=max(order.at, snapshot.complete_at))
        asked = Asked(
            policy=snapshot.policy, register=snapshot.register, question=order.question, at=order.at
        )
        plan = plan_columns(order, snapshot, knows_strings=True)
        judge, states_watermark = open_judge(duck, asked, snapshot, _find_people(order, snapshot))
        stream = Stream.hide(order.audience, _place_canaries(order, snapshot))
        Roll(order, snapshot, judge, run_key).write(stream, roll_path)
    order.watcher.stage(Stage.DECIDING)
    judge.decide(roll_path)
    if stream.canaries is not None:
        stream.canaries.check(judge.canary_answers())
    strings = _fill_strings(order, judge, scratch)
    order.watcher.stage(Stage.WRITING)
    told_path = scratch / "told.parquet"
    with rewrite(files, files.output) as file, open_told(told_path, plan) as told:
        write_allowed(stream, judge, plan, order.audience.format, file, told=told)
    members = _write_evidence(order, files, duck, judge, run_key)
    return Draft(
        order=order,
        policy=snapshot.policy,
        register=snapshot.register,
        watermark=snapshot.watermark,
        states_watermark=states_watermark,
        stream=stream,
        judge=judge,
        plan=plan,
        tally=tally_up(judge.counts(), judge.outcomes),
        members=members,
        strings=strings,
        told=told_path,
    )


def _fill_strings(order: Order, judge: Judge, scratch: Path) -> Strings | None:
    """Hold back whoever lacks a string that is owed to the recipient."""
    if not judge.asks_for_strings:
        return None
    look_up = LookUp(order.question.controller, order.at, judge_by(settings.VENDOR_LISTS))
    strings = Strings(judge, look_up)
    strings.fill(scratch / "strings.parquet")
    return strings


def _write_evidence(order: Order, files: RunFiles, duck: Duck, judge: Judge, run_key: bytes) -> MemberCounts:
    with rewrite(files, files.evidence) as file:
        return write_members(
            duck,
            judge.outcomes,
            run_id=files.run_id,
            run_key=run_key,
            by_reference=not order.columns,
            file=file,
        )


def is_outdated(drafted: Draft) -> bool:
    """Return whether anything recorded since would let the draft's rows out otherwise.

    Whoever changed meanwhile is known to the draft's judge afterwards.
    """
    judge = drafted.judge
    with open_snapshot(at=max(drafted.order.at, get_time())) as snapshot:
        rules = (snapshot.policy.digest, snapshot.register)  # a version may come into force by itself
        changed_rules = rules != (drafted.policy.digest, drafted.register)
        if snapshot.watermark == drafted.watermark and get_oldest_pending() is None:
            return changed_rules
        now = replace(judge.asked, at=max(drafted.order.at, snapshot.complete_at))
        changed = dict(list_changed(since=drafted.watermark))
        judge.meet(changed.items(), now)
        judge.meet(_several(judge, snapshot), now)
        is_refilled = _refill(drafted, changed, now.at)
    if changed_rules:
        return True
    # a stranger may have become known
    return bool(changed) and (judge.lets_strangers_leave or is_refilled or judge.count_changed() > 0)


def _refill(drafted: Draft, changed: Collection[str], at: datetime) -> bool:
    """Return whether the rows of those who changed carry other strings than they have now."""
    if drafted.strings is None:
        return False
    return drafted.strings.recheck((*changed, *drafted.judge.several()), at=at)


def _find_people(order: Order, snapshot: Snapshot) -> PeopleFile | None:
    audience_bytes = order.audience.path.stat().st_size
    return find_people_file(size=snapshot.watermark, audience_bytes=audience_bytes)


def _several(judge: Judge, snapshot: Snapshot) -> Iterator[tuple[str, SubjectState]]:
    """Yield whom rows named as several people at once, as they are now."""
    people = {person: refs_of(person) for person in judge.several()}
    states = snapshot.load_states_of(list_groups_asking(list(people.values())))
    return zip(people, states, strict=True)


def plan_columns(order: Order, snapshot: Snapshot, *, knows_strings: bool = False) -> OutputPlan:
    """Return the output's columns, by all that the policy and the register may ask.

    :raises ObligationNotSupported: if any of it cannot be done; `knows_strings`: people's strings can be had.
    """
    rules = snapshot.policy.rules_for(order.question.purpose, order.question.controller).values()
    owed = owed_to(snapshot.register, order.question.destination)
    possible = [(*rule.obligations, *owed) for rule in rules]
    return plan_output(order.audience.schema, order.columns, possible, knows_strings=knows_strings)


def _place_canaries(order: Order, snapshot: Snapshot) -> canaries.CanaryRows | None:
    try:
        return canaries.place_canaries(
            schema=order.audience.schema,
            columns=order.columns,
            subject_column=order.subject_column,
            question=order.question,
            policy=snapshot.policy,
            at=order.at,
        )
    except CanariesNotApplicable:
        return None


@contextmanager
def rewrite(files: RunFiles, final: Path) -> Iterator[IO[bytes]]:
    """Give the partial file of `final`, empty, and sync what was written."""
    files.partial(final).unlink(missing_ok=True)
    with files.create(final) as file:
        yield file
        sync(file)
