"""The pieces of work that `enforce` measures: `python -m tests.bench.enforce.work WHAT FOLDER AUDIENCE`."""

import json
import resource
import sys
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django

django.setup()

import duckdb  # noqa: E402 - Django comes first
import pyarrow as pa  # noqa: E402
from pyarrow import parquet  # noqa: E402

from activation.decisions.compiler import compile_policy  # noqa: E402
from activation.decisions.engine import decide  # noqa: E402
from activation.decisions.register import RegisteredDestination  # noqa: E402
from activation.decisions.types import Question  # noqa: E402
from activation.enforcement.audience.reading import open_audience  # noqa: E402
from activation.enforcement.judging import Judge, PeopleFile  # noqa: E402
from activation.enforcement.leaving import write_allowed  # noqa: E402
from activation.enforcement.members import write_members  # noqa: E402
from activation.enforcement.membership.gathering import gather  # noqa: E402
from activation.enforcement.membership.sealing import Sealer  # noqa: E402
from activation.enforcement.membership.told import open_told  # noqa: E402
from activation.enforcement.order import Order  # noqa: E402
from activation.enforcement.roll import Roll  # noqa: E402
from activation.enforcement.stream import Stream  # noqa: E402
from activation.obligations.plan import plan_output  # noqa: E402
from activation.snapshots.bulk.planning import Asked, Outcomes, Plan  # noqa: E402
from activation.snapshots.bulk.running import Duck, describe, open_duck  # noqa: E402
from activation.snapshots.bulk.writing import list_files  # noqa: E402
from consent.policies.document.sealing import seal  # noqa: E402
from consent.policies.types import PublishedPolicy  # noqa: E402
from consent.verifier.digests import digest_file  # noqa: E402
from consent.verifier.manifests.evidence import read_evidence  # noqa: E402
from consent.verifier.manifests.verification import map_file  # noqa: E402
from tests.bench.check.memory import state_of  # noqa: E402
from tests.bench.check.people import CONTROLLER, DESTINATION, PURPOSES, Person  # noqa: E402
from tests.bench.check.world import make_policy  # noqa: E402
from tests.bench.enforce.files import COMPLETE_AT  # noqa: E402

AT = COMPLETE_AT + timedelta(days=2)
SINCE = COMPLETE_AT - timedelta(days=900)
PURPOSE = "advertising.audience"
SEMI_JOIN = (
    "COPY (SELECT a.* FROM read_parquet(?) a SEMI JOIN read_parquet(?) p ON a.subject_ref = p.ref) TO '{}'"
)


class Bench:
    """One run's parts, put together by hand: no ledger, no lineage."""

    def __init__(self, folder: Path, audience: str, purposes: int = 0) -> None:
        self.audience = open_audience(folder / audience)
        [self.people] = list_files(folder / "snapshots" / "people")
        document = make_policy()
        for rule in document["rules"]:  # type: ignore[attr-defined]  # a list of mappings
            rule["obligations"] = {"drop": ["phone"], "set": {"ad_personalization": "granted"}}
        for number in range(purposes):
            document["purposes"][f"extra.p{number}"] = document["purposes"][PURPOSE]  # type: ignore[index]
        text, digest = seal(document)
        self.policy = compile_policy(
            PublishedPolicy(
                key="shop", version=1, digest=digest, canonical=text, in_force_from=SINCE, in_force_until=None
            )
        )
        self.register = {DESTINATION: RegisteredDestination(DESTINATION, "ad_platform", SINCE)}
        self.question = Question(purpose=PURPOSE, destination=DESTINATION, controller=CONTROLLER)
        self.asked = Asked(policy=self.policy, register=self.register, question=self.question, at=AT)
        self.scratch = Path(tempfile.mkdtemp(dir=folder))

    def decide(self, *, evidence: bool) -> None:
        order = Order(
            question=self.question,
            audience=self.audience,
            columns={},
            at=AT,
            subject_column="subject_ref",
        )
        rules = self.policy.rules_for(PURPOSE, CONTROLLER).values()
        plan = plan_output(self.audience.schema, {}, [rule.obligations for rule in rules])
        stream, roll = Stream.hide(self.audience, None), self.scratch / "roll.parquet"
        with open_duck(self.scratch) as duck:
            judge = Judge(duck, self.asked, PeopleFile(self.people, describe(self.people)))
            Roll(order, None, judge, b"k" * 32).write(stream, roll)  # type: ignore[arg-type]  # nobody is looked up
            judge.decide(roll)
            told = self.scratch / "told.parquet"
            with (self.scratch / "out.parquet").open("wb") as file, open_told(told, plan) as taken:
                write_allowed(stream, judge, plan, self.audience.format, file, told=taken)
            if evidence:
                self._prove(duck, judge)

    def _prove(self, duck: Duck, judge: Judge) -> None:
        with (self.scratch / "evidence").open("wb") as file:
            write_members(
                duck, judge.outcomes, run_id=uuid4(), run_key=b"k" * 32, by_reference=True, file=file
            )
        _keep_members(duck)
        evidence = read_evidence(map_file(self.scratch / "evidence"))
        if not evidence.allowed.root or not evidence.denied.root:
            raise RuntimeError("there are no roots for a manifest")
        digest_file(self.audience.path)
        digest_file(self.scratch / "out.parquet")


def _keep_members(duck: Duck) -> None:
    """Seal who is sent, as for the membership; PostgreSQL is left out."""
    sealer = Sealer(1, b"k" * 32)
    gathered = gather(duck, told=None, columns={}, has_strangers=False, stranger_until=None)
    for page in gathered.pages():
        sealer.seal_page(page.content, segment_id=1, bucket=page.bucket, keys=page.keys)


def semi_join(folder: Path, audience: str) -> int:
    [people] = list_files(folder / "snapshots" / "people")
    connection = duckdb.connect()
    connection.execute("SET memory_limit = '1500MB'")
    out = folder / "semi.parquet"
    connection.execute(
        SEMI_JOIN.format(out) + " (FORMAT parquet, COMPRESSION zstd)", [str(folder / audience), str(people)]
    )
    return int(parquet.read_metadata(out).num_rows)


def decided(folder: Path, audience: str) -> int:
    Bench(folder, audience).decide(evidence=False)
    return 0


def whole(folder: Path, audience: str) -> int:
    Bench(folder, audience).decide(evidence=True)
    return 0


def pure(folder: Path, audience: str) -> int:
    """Decide everybody in the file of people, and count."""
    bench = Bench(folder, audience)
    with open_duck(bench.scratch) as duck:
        people = describe(bench.people)
        plan = Plan(bench.asked, people, Outcomes(bench.asked))
        duck.read("people", bench.people)
        duck.give("exceptions", pa.table({"ref": pa.array([], pa.string())}))
        kinds = plan.kinds_query()
        plan.learn(duck.table(kinds))
        return people.footer.people


def loop(folder: Path, audience: str) -> int:
    """Decide row by row in Python, as one would without a query."""
    bench = Bench(folder, audience)
    states = {number: state_of(Person(number), f"sub_{number}") for number in range(1_000)}
    table = parquet.read_table(bench.audience.path).slice(0, 20_000)
    rows = [row for number, row in enumerate(table.to_pylist()) if _is_allowed(bench, states[number % 1_000])]
    for row in rows:
        row.pop("phone")
        row["ad_personalization"] = "granted"
    parquet.write_table(pa.Table.from_pylist(rows), bench.scratch / "loop.parquet")
    return int(table.num_rows)


def _is_allowed(bench: Bench, state: object) -> bool:
    return decide(bench.policy, bench.register, state, bench.question, AT).allowed  # type: ignore[arg-type]


def compiled(folder: Path, audience: str) -> int:
    """Make the query under a policy of 500 purposes."""
    bench = Bench(folder, audience, purposes=500 - len(PURPOSES))
    before = _cpu()
    plan = Plan(bench.asked, describe(bench.people), Outcomes(bench.asked))
    plan.kinds_query().sql(dialect="duckdb")
    plan.rows_query().sql(dialect="duckdb")
    return -int(1e6 * (_cpu() - before))


WORK: dict[str, Callable[[Path, str], int]] = {
    "semi_join": semi_join,
    "decide": decided,
    "whole": whole,
    "pure": pure,
    "loop": loop,
    "compile": compiled,
}


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(what: str, folder: str, audience: str) -> None:
    """Do it, and print what it took."""
    before = _cpu()
    rows = WORK[what](Path(folder), audience)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    took = -rows / 1e6 if rows < 0 else _cpu() - before
    print(json.dumps({"cpu": took, "rows": rows, "peak": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
