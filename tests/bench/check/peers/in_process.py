"""Times the decisions of a library in this process. Run by the Python of the environment that has it.

`python in_process.py MODE` reads JSON: `policy`, `data`, `inputs`, `rounds`, `core`; it writes JSON: what
each input comes to, and the processor seconds of one decision in the best round. Nothing of ours is imported.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

Job = dict[str, Any]
Ask = Callable[[Any], bool]
QUERY = "accordant/allow"


def prepare_regorus(job: Job) -> tuple[Ask, Sequence[Any]]:
    """Rego by the interpreter in Rust."""
    engine = import_module("regorus").Engine()
    engine.add_policy("accordant.rego", job["policy"])
    engine.add_data(job["data"])

    def ask(given: Any) -> bool:
        engine.set_input(given)
        return engine.eval_rule("data.accordant.allow") is True

    return ask, job["inputs"]


def prepare_regopy(job: Job) -> tuple[Ask, Sequence[Any]]:
    """Rego by the interpreter in C++, compiled to a bundle first."""
    regopy = import_module("regopy")
    builder, runner = regopy.Interpreter(), regopy.Interpreter()
    builder.add_module("accordant.rego", job["policy"])
    builder.add_data(job["data"])
    bundle = builder.build(None, [QUERY])

    def ask(given: Any) -> bool:
        runner.set_input(given)
        return "true" in str(runner.query_bundle_entrypoint(bundle, QUERY))

    return ask, job["inputs"]


def prepare_cedar_text(job: Job) -> tuple[Ask, Sequence[Any]]:
    """Cedar, with its policies parsed before, and the person's entity given as JSON each time."""
    cedar = import_module("cedarpy")
    policies = cedar.PolicySet.from_str(job["policy"])

    def ask(given: Any) -> bool:
        request, entities = given
        return cedar.is_authorized(request, policies, entities).allowed is True

    return ask, [(one["request"], json.dumps(one["entities"])) for one in job["inputs"]]


def prepare_cedar_parsed(job: Job) -> tuple[Ask, Sequence[Any]]:
    """Cedar, with each person's entity parsed before too."""
    ask, inputs = prepare_cedar_text(job)
    parse = import_module("cedarpy").Entities.from_json_str
    return ask, [(request, parse(entities)) for request, entities in inputs]


MODES = {
    "regorus": prepare_regorus,
    "regopy": prepare_regopy,
    "cedarpy_parsed": prepare_cedar_parsed,
    "cedarpy_text": prepare_cedar_text,
}


def main() -> None:
    """Do the job on standard input."""
    job = json.load(sys.stdin)
    os.sched_setaffinity(0, {job["core"]})
    ask, inputs = MODES[sys.argv[1]](job)
    allowed = [ask(given) for given in inputs]
    best = min(_round(ask, inputs) for _ in range(job["rounds"]))
    json.dump({"allowed": allowed, "seconds": best}, sys.stdout)


def _round(ask: Ask, inputs: Sequence[Any]) -> float:
    started = time.process_time()
    for given in inputs:
        ask(given)
    return (time.process_time() - started) / len(inputs)


if __name__ == "__main__":
    main()
