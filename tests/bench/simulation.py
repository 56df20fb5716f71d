"""Simulation of a draft: the pure part over people made up as they are asked about, and from PostgreSQL.

`ACCORDANT_BENCH_PEOPLE` says how many people there are; ten times as many show that memory does not grow.
"""

import itertools
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

from django.contrib.auth.models import User
from django.utils import timezone

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.engine import decide
from activation.decisions.register import RegisteredDestination
from activation.decisions.types import Member, SubjectState
from activation.desk.questions import list_questions
from activation.desk.services import begin_simulation, run_simulation
from activation.desk.simulating import simulate
from config.demo import stage
from config.demo.choices import write_choices
from config.demo.telling import Teller
from consent.policies import services as policies
from consent.policies.document.sealing import seal
from consent.policies.document.writing import write_yaml
from consent.policies.types import PublishedPolicy
from consent.records.services import import_rows, read_lines
from consent.records.types import Choice, ChoiceRecord
from consent.subjects.types import Fact, FactName
from tests.bench.database import fresh_database
from tests.bench.report import Figure
from tests.policy_documents import Document, read_retailer, spoil

PEOPLE = int(os.environ.get("ACCORDANT_BENCH_PEOPLE", "10000"))
STORED_CHOICES = 10_000
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
_SINCE = datetime(2026, 1, 1, tzinfo=UTC)
_PLACES = ("DE", "FR", "PL", "GB", "US-CA", "BR", "")
_PURPOSES = ("advertising.audience", "profiling.segmentation", "marketing.email", "analytics.measurement")


def measure() -> Sequence[Figure]:
    """Return people a second, pure and from the store, what is saved by not asking, and how memory grows."""
    before = compile_document(read_retailer())
    after = compile_document(shorten_advertising(read_retailer()))
    return [*_measure_pure(before, after), _measure_memory(before, after), _measure_stored()]


def shorten_advertising(document: Document) -> Document:
    """Return a draft under which consents to advertising end sooner."""
    place = next(n for n, rule in enumerate(document["rules"]) if rule["id"] == "ads-consent")
    return spoil(document, "rules", place, "validity", value="P3M")


def compile_document(document: Document) -> CompiledPolicy:
    """Return `document` compiled, in force since ever."""
    text, digest = seal(document)
    return compile_policy(
        PublishedPolicy(
            key="retailer",
            version=1,
            digest=digest,
            canonical=text,
            in_force_from=_SINCE,
            in_force_until=None,
        )
    )


def make_people(count: int) -> Iterator[SubjectState]:
    """Yield made-up people, the same on each run: where they live, and four choices each."""
    draws = random.Random(4)  # noqa: S311 - the same on each run
    for number in range(count):
        ref, place, controller = f"sub_{number}", draws.choice(_PLACES), draws.choice(("northwind", "harbor"))
        member = Member(
            subject_ref=ref,
            version=5,
            choices=tuple(_choice(ref, n, purpose, controller, draws) for n, purpose in enumerate(_PURPOSES)),
            facts=(_residence(ref, place),) if place else (),
        )
        yield SubjectState(asked=frozenset({ref}), members=(member,), complete_at=AT)


def _choice(ref: str, place: int, purpose: str, controller: str, draws: random.Random) -> ChoiceRecord:
    moment = _SINCE + timedelta(days=draws.randrange(120))
    return ChoiceRecord(
        record_id=f"{ref}_{place}",
        subject_ref=ref,
        version=place + 1,
        purpose=purpose,
        choice=draws.choice((Choice.GRANTED, Choice.GRANTED, Choice.WITHDRAWN)),
        controller=controller,
        effective_at=moment,
        recorded_at=moment,
        notice="privacy",
        notice_version=3,
    )


def _residence(ref: str, place: str) -> Fact:
    return Fact(
        subject_ref=ref,
        name=FactName.RESIDENCE,
        value=place,
        effective_at=_SINCE,
        recorded_at=_SINCE,
        version=5,
    )


def _register(policy: CompiledPolicy) -> dict[str, RegisteredDestination]:
    return {slug: RegisteredDestination(slug, "file", _SINCE) for slug in policy.destinations}


def _measure_pure(before: CompiledPolicy, after: CompiledPolicy) -> list[Figure]:
    register, questions = _register(before), list_questions(before, after)
    making = _seconds(lambda: sum(1 for _ in make_people(PEOPLE)))
    pruned = _seconds(lambda: simulate(before, after, register, make_people(PEOPLE), AT)) - making
    few = PEOPLE // 10

    def ask_everything() -> None:
        for person, question in itertools.product(make_people(few), questions):
            decide(before, register, person, question, AT)
            decide(after, register, person, question, AT)

    everything = (_seconds(ask_everything) - making / 10) * 10
    answers = PEOPLE * len(questions) * 2
    return [
        Figure(
            f"simulation of a draft, {PEOPLE:,} people",
            PEOPLE / pruned,
            "people/s",
            f"asking all {len(questions)} questions",
            pruned / everything,
        ),
        Figure("answers that a simulation stands for", answers / pruned, "decisions/s"),
        Figure("answers if each were decided", answers / everything, "decisions/s"),
    ]


def _measure_memory(before: CompiledPolicy, after: CompiledPolicy) -> Figure:
    register = _register(before)
    simulate(before, after, register, make_people(PEOPLE), AT)
    once = _peak()
    seconds = _seconds(lambda: simulate(before, after, register, make_people(10 * PEOPLE), AT))
    grown = (_peak() - once) / 1024
    return Figure(
        f"peak memory grown, {10 * PEOPLE:,} people over {PEOPLE:,}",
        grown,
        "MiB",
        f"the first peak, {once / 1024:.0f} MiB; it took {seconds:.0f} s",
        1 + grown * 1024 / once,
    )


def _measure_stored() -> Figure:
    with fresh_database(), tempfile.TemporaryDirectory() as name:
        teller = Teller(StringIO())
        policy = stage.publish_policy(at=timezone.now(), teller=teller)
        stage.register_destinations(policy, at=timezone.now(), teller=teller)
        _import(Path(name) / "choices.ndjson")
        draft = policies.import_policy(
            text=write_yaml(shorten_advertising(read_retailer())),
            author_id=User.objects.earliest("pk").pk,
            at=timezone.now(),
        )
        run_id = begin_simulation(version_id=draft.version_id)
        people = 0

        def count(done: int, _: int) -> None:
            nonlocal people
            people = done

        seconds = _seconds(lambda: run_simulation(run_id=run_id, at=timezone.now(), progress=count))
        return Figure(f"simulation from PostgreSQL, {people:,} people", people / seconds, "people/s")


def _import(path: Path) -> None:
    write_choices(path, timezone.now())
    with path.open("rb") as file:
        lines = itertools.islice(read_lines(file), STORED_CHOICES)
        import_rows(lines=lines, digest="0" * 64, source="bench", at=timezone.now())


def _peak() -> int:
    """Return the most memory that this process ever had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
