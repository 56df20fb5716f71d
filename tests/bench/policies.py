"""Policies as large as they come: 500 purposes, 60 jurisdictions, 200 destinations, a rule for every pair."""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import islice, product

from activation.decisions.compiled import CompiledPolicy
from activation.decisions.compiler import compile_policy
from activation.decisions.policy_rows import find_rule
from activation.decisions.resolution import resolve
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.validation import validate
from consent.policies.document.writing import write_yaml
from consent.policies.types import PublishedPolicy
from tests.bench.report import Figure
from tests.large_policies import Document, make_large_document

ROUNDS, SLOW_ROUNDS = 7, 3
QUESTIONS = 60_000
CONTROLLER = "north"


def measure() -> Sequence[Figure]:
    """Return the milliseconds of each step from a text to a compiled policy, and lookups/s in it."""
    document = make_large_document()
    frozen, digest = seal(document)
    published = PublishedPolicy(
        key="large",
        version=1,
        digest=digest,
        canonical=frozen,
        in_force_from=datetime(2026, 1, 1, tzinfo=UTC),
        in_force_until=None,
    )
    return [
        *_measure_document(document, frozen),
        _compare("compile", lambda: compile_policy(published), "json.loads", lambda: json.loads(frozen)),
        *_measure_lookups(compile_policy(published)),
    ]


def _measure_document(document: Document, frozen: bytes) -> list[Figure]:
    text = write_yaml(document)

    def parse() -> object:
        return json.loads(frozen)

    def dump() -> object:
        return json.dumps(document, sort_keys=True)

    return [
        Figure("rules", len(document["rules"]), "rules"),
        Figure("the YAML text", len(text) / 1e6, "MB"),
        _compare("read_yaml", lambda: read_yaml(text), "json.loads", parse, rounds=1),
        _compare("write_yaml", lambda: write_yaml(document), "json.dumps", dump, rounds=1),
        _compare("validate", lambda: _check(document), "json.loads", parse, rounds=SLOW_ROUNDS),
        _compare("seal", lambda: seal(document), "json.dumps", dump),
    ]


def _check(document: Document) -> None:
    if faults := validate(document):
        raise RuntimeError(f"{faults[0].path}: {faults[0].message}")


def _measure_lookups(policy: CompiledPolicy) -> list[Figure]:
    codes = ["DE", "FR", "BR", "JP", "US-CA", "US-WY", "GB", "ZZ"]
    pairs = list(islice(product(policy.purposes, codes * 15), QUESTIONS))
    recipients = list(policy.destinations)
    questions = [
        (purpose, code, recipients[place % len(recipients)]) for place, (purpose, code) in enumerate(pairs)
    ]

    def find() -> None:
        for purpose, code in pairs:
            find_rule(policy, purpose, CONTROLLER, code)

    def get() -> None:
        for purpose, _ in pairs:
            policy.rules.get((purpose, CONTROLLER))

    def resolve_all() -> None:
        for purpose, code, slug in questions:
            resolve(policy, purpose=purpose, controller=CONTROLLER, jurisdiction=code, destination=slug)

    floor = _seconds(get, ROUNDS)
    found, resolved = _seconds(find, ROUNDS), _seconds(resolve_all, SLOW_ROUNDS)
    name = "one look into a dict"
    return [
        Figure("a rule found", len(pairs) / found, "rules/s", name, found / floor),
        Figure("a question resolved", len(pairs) / resolved, "questions/s", name, resolved / floor),
    ]


def _compare(
    name: str, work: Callable[[], object], floor: str, bare: Callable[[], object], *, rounds: int = ROUNDS
) -> Figure:
    seconds = _seconds(work, rounds)
    return Figure(name, 1000 * seconds, "ms", f"{floor} of the same", seconds / _seconds(bare, ROUNDS))


def _seconds(work: Callable[[], object], rounds: int) -> float:
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
