"""The benchmarks by name."""

from collections.abc import Callable, Sequence

from tests.bench import (
    as_of,
    keys,
    leases,
    ledger,
    lineage,
    main_job,
    policies,
    preferences,
    realtime,
    retention,
    simulation,
    start,
)
from tests.bench.check import measuring as check
from tests.bench.desk import measuring as desk
from tests.bench.desk import person
from tests.bench.enforce import measuring as enforce
from tests.bench.report import Figure
from tests.bench.requests import measuring as requests
from tests.bench.signals import measuring as signals

BENCHMARKS: dict[str, Callable[[], Sequence[Figure]]] = {
    "as_of": as_of.measure,
    "check": check.measure,
    "desk": desk.measure,
    "enforce": enforce.measure,
    "keys": keys.measure,
    "leases": leases.measure,
    "ledger": ledger.measure,
    "lineage": lineage.measure,
    "main_job": main_job.measure,
    "person": person.measure,
    "policies": policies.measure,
    "preferences": preferences.measure,
    "realtime": realtime.measure,
    "requests": requests.measure,
    "retention": retention.measure,
    "signals": signals.measure,
    "simulation": simulation.measure,
    "start": start.measure,
    "withdrawals": check.measure_withdrawals,
}
"""`as_of`: past choices at a million events. `check`: the consent check beside its peers.

`desk`: the officers' home page, with a million people and ten million events on record; `person`: the page
of one of them.

`enforce`: an audience decided, beside a bare semi-join of the same files.

`keys`: data keys made, read and rotated. `leases`: claims of work, with a million rows waiting.

`ledger`: single writes, signatures, import, verification.

`lineage`: what telling of a run adds to it, and how fast events get out.

`main_job`: import, decisions, enforcement.
`policies`: the largest policy, from text to lookups. `preferences`: the page of choices, in a
browser. `realtime`: withdrawals pulled through, and streams.
`requests`: a thousand steps of data subject requests, carried out while a worker is killed.
`retention`: pruning. `signals`: strings of consent read and written, beside the references of each format.
`simulation`: a draft tried out on people. `start`: a cold and a second `./dev demo --once`.
`withdrawals`: from a commit to the denial by the check server."""
