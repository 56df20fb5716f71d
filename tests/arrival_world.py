"""Statements about one person, told in any order: recorded by the recorder itself, in memory, and decided."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import permutations, product

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.engine import decide
from activation.decisions.types import Member, Question, SubjectState
from consent.policies.law.shipped import load_shipped_law
from consent.records import importing
from consent.records.recording import Batch
from consent.records.signals.desk import SignalDesk
from consent.records.signals.judging import Judge
from consent.records.signals.known import Known
from consent.records.signals.mappings import MappingInUse
from consent.records.types import (
    Choice,
    ChoiceRecord,
    Fault,
    NewChoice,
    NewRow,
    NewSignal,
    NewSignals,
    SignalKind,
)
from consent.signals.mapping.types import FrameworkTerms, OptOut, Received, Row
from consent.signals.us_privacy import UsPrivacy
from consent.subjects.types import Fact, FactName, Identifier, IdentifierKind, Sighted, SubjectRef
from consent.subjects.versions import Versions
from tests.decisions.world import policy_of, register_of
from tests.signal_worlds import make_mapping, make_string

MONDAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANN = SubjectRef("sub_ann")
ADS = "ads.targeted"
MAPPING = make_mapping(ads__targeted=Row(tcf=FrameworkTerms(purposes=(1, 3)), opt_out=frozenset(OptOut)))
POLICY = {
    "in_force_from": datetime(2026, 1, 1, tzinfo=UTC),
    "digest_matches": True,
    "controllers": {"acme": {"establishment": ["DE"]}},
    "jurisdictions": {"DE": {}},
    "data_categories": {"contact.email": {}},
    "purposes": {ADS: {"opt_out_signals": ["targeted_advertising"]}},
    "notices": {},
    "rules": {
        "ads": {
            "purposes": [ADS],
            "jurisdictions": ["DE"],
            "basis": "consent",
            "data_categories": ["contact.email"],
            "transfer_countries": ["DE"],
        }
    },
    "destinations": {
        "mailer": {
            "role": "processor",
            "country": "DE",
            "purposes": [ADS],
            "data_categories": ["contact.email"],
        }
    },
}
QUESTION = Question(purpose=ADS, destination="mailer", controller="acme")


@dataclass(frozen=True, slots=True)
class Statement:
    """What was said, and when; it is told then or later."""

    kind: str
    said_at: datetime

    @property
    def is_yes(self) -> bool:
        """Whether it grants something."""
        return self.kind in YESES

    def __repr__(self) -> str:
        return f"{self.kind} of {self.said_at:%A}"


Told = tuple[Statement, datetime]


def _own(said_at: datetime, choice: Choice, purpose: str = ADS, **changes: object) -> NewRow:
    given = {"controller": "acme", "purpose": purpose, "choice": choice, "effective_at": said_at, **changes}
    return _row(choices=(NewChoice(**given),))  # type: ignore[arg-type]


def _row(choices: tuple[NewChoice, ...] = (), signals: NewSignals | None = None) -> NewRow:
    return NewRow((Identifier(IdentifierKind.CUSTOMER_ID, "1"),), choices, (), signals=signals)


def _string(said_at: datetime, *purposes: int) -> NewRow:
    day = said_at.replace(hour=0)
    string = make_string(purposes, created=day, last_updated=day)
    return _signal(SignalKind.TCF, said_at, Received(tcf=string), day)


def _signal(kind: SignalKind, said_at: datetime, received: Received, own: datetime | None = None) -> NewRow:
    text = f"{kind} {said_at} {received}"
    signal = NewSignal(kind=kind, text=text, effective_at=own or said_at, has_own_time=own is not None)
    return _row(
        signals=NewSignals(signals=(signal,), received=received, effective_at=said_at, controller="acme")
    )


ROWS: Mapping[str, Callable[[datetime], NewRow]] = {
    "own no": lambda at: _own(at, Choice.REFUSED),
    "own no to everything": lambda at: _own(at, Choice.WITHDRAWN, "*", controller=None),
    "own yes": lambda at: _own(at, Choice.GRANTED),
    "own yes for a while": lambda at: _own(at, Choice.GRANTED, expires_at=at + 6 * DAY),
    "string's yes": lambda at: _string(at, 1, 3),
    "string's no": lambda at: _string(at, 1),
    "GPC": lambda at: _signal(SignalKind.GPC, at, Received(gpc=True)),
    "US Privacy": lambda at: _signal(SignalKind.USP, at, Received(usp=UsPrivacy("Y", "Y", "N"))),
}
"""What each kind is told as."""
YESES = frozenset({"own yes", "own yes for a while", "string's yes"})
OWN_YESES = YESES - {"string's yes"}
NOES = frozenset(ROWS) - YESES


@dataclass(slots=True)
class Recorder:
    """What is on record of Ann: the recorder's own code, without a database."""

    versions: Versions = field(default_factory=lambda: Versions({ANN: 0}))
    known: Known = field(default_factory=lambda: Known({ANN: frozenset({ANN})}))
    written: list[tuple[object, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.known.facts[ANN].append(_LIVES)

    def tell(self, *statements: Statement, at: datetime) -> None:
        """Record all of them in one batch."""
        desk = SignalDesk(get_mapping(), at)
        desk._judge = Judge(desk.mapping, self.known, at)
        batch = Batch("test", at, self.versions, {ANN: b"k" * 32}, desk, entries=[])
        pairs = [(ROWS[one.kind](one.said_at), Sighted(ANN, (ANN,))) for one in statements]
        assert not [one for one in batch.add_rows(pairs) if isinstance(one, Fault)]
        self.written += batch.records

    def tell_file(self, *statements: Statement, at: datetime) -> None:
        """Record all of them as one batch of an imported file, which need not be sorted."""
        lines = [(number, (ROWS[one.kind](one.said_at),)) for number, one in enumerate(statements)]
        batch = importing._Batch(len(lines), list(lines))
        batch.put_in_order()
        self.tell(*(statements[number] for number, _ in batch.found), at=at)

    @property
    def records(self) -> tuple[ChoiceRecord, ...]:
        """All choices, in the order in which they were written."""
        return tuple(self.known.records[ANN])


_LIVES = Fact(
    subject_ref=ANN,
    name=FactName.RESIDENCE,
    value="DE",
    effective_at=MONDAY - 30 * DAY,
    recorded_at=MONDAY - 30 * DAY,
    version=1,
)


@cache
def get_mapping() -> MappingInUse:
    """Return the mapping in use, with the shipped law."""
    return MappingInUse(MAPPING, "{}", load_shipped_law().in_force(date(2026, 6, 1)), {"acme": ("DE",)})


@cache
def _get_policy() -> CompiledPolicy:
    return policy_of({"policy": POLICY})


def is_allowed(records: Sequence[ChoiceRecord], *, at: datetime) -> bool:
    """Return what the engine decides."""
    register = register_of({"register": {"mailer": {"registered_at": POLICY["in_force_from"]}}})
    state = SubjectState(
        asked=frozenset({ANN}),
        members=(Member(subject_ref=ANN, version=9, choices=tuple(records), facts=(_LIVES,)),),
        complete_at=at,
        watermark=1,
    )
    return bool(decide(_get_policy(), register, state, QUESTION, at).effect == "allow")


def tell_one_by_one(statements: Iterable[Statement]) -> tuple[Recorder, list[Told]]:
    """Tell each as soon as it was said and all before it were told; return when that was, too."""
    recorder, told, now = Recorder(), [], MONDAY - 30 * DAY
    for one in statements:
        now = max(one.said_at, now + timedelta(minutes=1))
        recorder.tell(one, at=now)
        told.append((one, now))
    return recorder, told


def list_worlds(kinds: Iterable[str] = tuple(ROWS), *, days: int = 3) -> Iterator[tuple[Statement, ...]]:
    """Yield every world of one statement a day, or none, of those in which a no and a yes meet."""
    for chosen in product((None, *kinds), repeat=days):
        world = tuple(
            Statement(kind, MONDAY + number * DAY) for number, kind in enumerate(chosen) if kind is not None
        )
        if {one.is_yes for one in world} == {True, False}:
            yield world


def list_orders(world: Sequence[Statement]) -> Iterator[tuple[Statement, ...]]:
    """Yield every other order than that of time."""
    yield from (order for order in permutations(world) if order != tuple(world))


def expect(world: Iterable[Statement]) -> bool:
    """Return what was to be decided of a world told in time, written down a second time from ADR 42."""
    standing: set[str] = set()
    granted = False
    for one in world:
        if one.kind in NOES:
            standing.add(one.kind)
        elif one.kind in OWN_YESES or standing <= {"string's no"}:
            standing, granted = set(), True
    return granted and not standing
