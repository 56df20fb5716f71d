"""Everybody whom a breach reached, written down as pseudonyms: from holdings, suppressions and evidence."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from activation.desk.queries import Everybody
from activation.desk.tracing.models import BreachPerson, BreachReport
from activation.desk.tracing.reach.planning import Plan, channel_of
from activation.desk.tracing.types import BreachQuestion, RunReached, Way
from activation.enforcement.membership.keys import read_identifiers
from activation.enforcement.membership.reaching import read_reached
from activation.enforcement.membership.types import Member
from activation.enforcement.presence.looking import EvidenceGone, EvidenceUnreadable
from activation.enforcement.presence.types import Sought, Trust
from activation.enforcement.presence.whole import WholeEvidence, open_whole
from activation.enforcement.suppression.reaching import read_left
from consent.subjects.queries import find_subjects
from consent.subjects.types import Identifier

AT_ONCE = 1000
_IN_MEMORY_AT_ONCE = 2_000_000
"""Members of evidence that are in memory at a time, unless one run has more: some 100 bytes each."""


Opened = Sequence[tuple[RunReached, WholeEvidence]]


@dataclass(slots=True)
class Gaps:
    """What could not be looked at: whoever was reached is at least whom the report found."""

    pages: int = 0
    """Pages of holdings that do not open."""
    strangers_wiped: int = 0
    """Strangers taken out since, whose identifiers are wiped."""
    unreadable_people: int = 0
    """Subjects whose identifiers do not open."""
    gone: list[UUID] = field(default_factory=list)
    """Runs whose evidence is not there."""
    unreadable: list[UUID] = field(default_factory=list)
    unvouched: list[UUID] = field(default_factory=list)
    """Runs whose evidence was read, though no manifest vouches for it."""
    nobody: int = 0
    """Identifiers in the evidence that lead to nobody on record now: strangers, and whoever is erased."""


@dataclass(slots=True)
class Finder:
    """Goes through one plan, and says after each batch how far it is."""

    report: BreachReport
    question: BreachQuestion
    plan: Plan
    tell: Callable[[int], None]
    """Called with how many more were looked at."""
    take_stranger: Callable[[Member, int], None]
    """Called with each stranger once, and their channel."""
    gaps: Gaps = field(default_factory=Gaps)
    obligations: dict[tuple[str, str, str], int] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    _strangers: set[bytes] = field(default_factory=set)

    def find(self) -> None:
        """Write everybody down whom the breach reached."""
        self._find_held()
        self._find_left()
        for opened in self._open_some():
            self._find_in(opened)

    def _find_held(self) -> None:
        for holding in self.plan.holdings:
            place = self.plan.place_of(channel_of(holding))
            for page in read_reached(holding.id, until=self.question.until):
                self.gaps.pages += not page.is_readable
                self.kinds.update(kind.value for kind in page.columns)
                self._write([member.ref for member in page.members if member.ref], place, Way.HELD)
                strangers = [member for member in page.members if not member.ref]
                self._take_strangers(strangers, place, Way.HELD)
                self.tell(len(page.members))

    def _find_left(self) -> None:
        places = {one.id: self.plan.place_of(channel_of(one)) for one in self.plan.holdings}
        for slug in self.plan.destinations:
            since, until = self.question.since, self.question.until
            for batch in read_left(destination=slug, since=since, until=until):
                for place in {places[one.holding_id] for one in batch}:
                    here = [one for one in batch if places[one.holding_id] == place]
                    self._write([one.ref for one in here if one.ref], place, Way.TAKEN_OUT)
                    known = [one.stranger for one in here if not one.ref and one.stranger]
                    self.gaps.strangers_wiped += sum(not one.ref and not one.stranger for one in here)
                    self._take_strangers(known, place, Way.TAKEN_OUT)
                self.tell(len(batch))

    def _take_strangers(self, strangers: Sequence[Member], place: int, way: Way) -> None:
        """Write down whom strangers became, and pass on those who are strangers still."""
        named = [list(_list_identifiers(one)) for one in strangers]
        for member, refs in zip(strangers, find_subjects(named) if named else (), strict=True):
            self._write(refs, place, way)
            name = sha256(b"".join(member.keys)).digest()
            if not refs and name not in self._strangers:
                self._strangers.add(name)
                self.take_stranger(member, place)

    def _open_some(self) -> Iterator[Opened]:
        """Yield runs, as many at a time as may be in memory: everybody is looked up once for so many."""
        opened, members = list[tuple[RunReached, WholeEvidence]](), 0
        for run in self.plan.runs:
            whole = self._open(run)
            if whole is None:
                continue
            size = len(whole.allowed) + len(whole.denied)
            if opened and members + size > _IN_MEMORY_AT_ONCE:
                yield opened
                opened, members = [], 0
            opened.append((run, whole))
            members += size
        if opened:
            yield opened

    def _find_in(self, opened: Opened) -> None:
        in_all = sum(len(whole.allowed) + run.reads * len(whole.denied) for run, whole in opened)
        everybody, last, found = Everybody(), "", 0
        while refs := everybody.list_after(last, limit=AT_ONCE):
            known = read_identifiers(refs)
            people = [(ref, Sought(identifiers=tuple(known.get(ref) or ()), refs=(ref,))) for ref in refs]
            self.gaps.unreadable_people += sum(ref in known and known[ref] is None for ref in refs)
            for run, whole in opened:
                found += self._match(run, whole, people)
            last = refs[-1]
            self.tell(len(refs))
        self.gaps.nobody += in_all - found

    def _match(self, run: RunReached, whole: WholeEvidence, people: Sequence[tuple[str, Sought]]) -> int:
        """Write down who of `people` is in the run, and return how many members of it they are."""
        sent, read, found = list[str](), list[str](), 0
        for ref, sought in people:
            members = set(sought.members(whole.run_key))
            allowed = len(members & whole.allowed)
            denied = len(members & whole.denied) if run.reads else 0
            found += allowed + denied
            if allowed:
                sent.append(ref)
            elif denied:
                read.append(ref)
        place = self.plan.place_of(run.channel)
        self._write(sent, place, Way.SENT)
        self._write(read, place, Way.READ)
        return found

    def _open(self, run: RunReached) -> WholeEvidence | None:
        try:
            whole = open_whole(run.run_id)
        except EvidenceGone:
            self.gaps.gone.append(run.run_id)
            return None
        except EvidenceUnreadable:
            self.gaps.unreadable.append(run.run_id)
            return None
        if whole.trust is not Trust.WHOLE:
            self.gaps.unvouched.append(run.run_id)
        self.kinds.update(whole.kinds)
        for one in whole.obligations:
            key = one.kind, one.field, one.value
            self.obligations[key] = self.obligations.get(key, 0) + one.rows
        return whole

    def _write(self, refs: Iterable[str], place: int, way: Way) -> None:
        rows = [BreachPerson(report=self.report, subject_ref=ref, channel=place, way=way) for ref in refs]
        BreachPerson.objects.bulk_create(rows, ignore_conflicts=True, batch_size=AT_ONCE)


def _list_identifiers(member: Member) -> Iterator[Identifier]:
    for kind, values in member.identifiers.items():
        yield from (Identifier(kind, value) for value in values)
