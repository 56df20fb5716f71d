"""Cerbos as an HTTP server of its own, from its npm package, with a policy of the same meaning.

It keeps no consents: the caller sends them along, and must have looked them up. Ours looks them up itself.
"""

import json
import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.check.http import post, read_json
from tests.bench.check.load import LOOPBACK
from tests.bench.check.peers.packages import install_npm
from tests.bench.check.people import (
    BATCH,
    DESTINATION,
    PURPOSES,
    RESIDENCES,
    VALID_UNTIL,
    Asked,
    list_asked,
    list_batches,
)
from tests.bench.check.targets import Load, Running, TargetMissing, cache_folder, free_port, serving

VERSION = "0.55.0"
_MACHINES = {"x86_64": "x64", "aarch64": "arm64"}
_PATH = "/api/check/resources"


class Cerbos:
    """Single checks as its documents show them, and a batch in one call."""

    name = "Cerbos"
    configured = (
        f"{VERSION}, HTTP, disk storage, decision log to a file, no telemetry, no authentication;"
        " the consent is sent with the request"
    )

    def __init__(self, people: int) -> None:
        self._people = people

    @contextmanager
    def start(self) -> Iterator[Running]:
        """Install it if need be, and start it."""
        program = _install()
        folder, port = cache_folder() / "cerbos", free_port()
        (folder / "policies").mkdir(exist_ok=True)
        for kind in ("destination", "person"):
            (folder / "policies" / f"{kind}.json").write_text(json.dumps(_policy(kind)))
        (folder / "config.json").write_text(json.dumps(_settings(folder, port)))
        command = [str(program), "server", f"--config={folder / 'config.json'}", "--log-level=error"]
        variables = {**os.environ, "CERBOS_NO_TELEMETRY": "1"}
        with serving(command, port=port, folder=folder, log=folder / "log", variables=variables) as pid:
            yield Running(port=port, pids=[pid])
        (folder / "decisions.log").unlink(missing_ok=True)

    def loads(self) -> Sequence[Load]:
        """Return single checks about one person each, and batches about one purpose of 100 people."""
        asked = list_asked(self._people)
        batches = list_batches(self._people)
        return [
            _load("single", [[one] for one in asked], [_single(one) for one in asked]),
            _load(f"batch of {BATCH}", batches, [_batch(batch) for batch in batches]),
        ]


def _install() -> Path:
    machine = _MACHINES.get(platform.machine())
    if machine is None:
        raise TargetMissing(f"there is no package of Cerbos for {platform.machine()}")
    name = f"@cerbos/cerbos-linux-{machine}"
    return install_npm(name, VERSION, cache_folder() / "cerbos") / f"cerbos-linux-{machine}"


def _settings(folder: Path, port: int) -> dict[str, object]:
    return {
        "server": {
            "httpListenAddr": f"{LOOPBACK}:{port}",
            "grpcListenAddr": f"{LOOPBACK}:{free_port()}",
            "requestLimits": {"maxResourcesPerRequest": BATCH},
        },
        "storage": {
            "driver": "disk",
            "disk": {"directory": str(folder / "policies"), "watchForChanges": False},
        },
        "telemetry": {"disabled": True},
        "audit": {
            "enabled": True,
            "accessLogsEnabled": False,
            "decisionLogsEnabled": True,
            "backend": "file",
            "file": {"path": str(folder / "decisions.log")},
        },
    }


def _policy(kind: str) -> dict[str, object]:
    """Return the policy: one rule for each purpose, as ours has.

    A single check asks whether a person (the principal) opens a destination; a call has one principal, so
    that a batch about many people asks it the other way round, with persons as resources.
    """
    person, place = ("P", "R") if kind == "destination" else ("R", "P")
    return {
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": {
            "resource": kind,
            "version": "default",
            "rules": [_rule(purpose, person, place) for purpose in PURPOSES],
        },
    }


def _rule(purpose: str, person: str, place: str) -> dict[str, object]:
    consent = f'{person}.attr.consents["{purpose}"]'
    conditions = [
        f'{place}.id in ["{DESTINATION}"]',
        f"{person}.attr.residence in {json.dumps(RESIDENCES)}",
        f'{consent}.choice == "granted"',
        f"timestamp({consent}.valid_until) > now()",
    ]
    return {
        "actions": [purpose],
        "effect": "EFFECT_ALLOW",
        "roles": ["*"],
        "condition": {"match": {"all": {"of": [{"expr": condition} for condition in conditions]}}},
    }


def _load(name: str, questions: Sequence[list[Asked]], bodies: list[dict[str, object]]) -> Load:
    return Load(
        name=name,
        requests=[post(_PATH, body) for body in bodies],
        checks=len(questions[0]),
        read=_read,
        expected=[[one.expected for one in several] for several in questions],
    )


def _read(answer: bytes) -> list[bool]:
    results = read_json(answer)["results"]
    return [effect == "EFFECT_ALLOW" for result in results for effect in result["actions"].values()]


def _attributes(asked: Asked) -> dict[str, object]:
    """Return of the person only what this question needs: the least that a caller can send."""
    consent = {"choice": asked.person.choice(asked.purpose), "valid_until": VALID_UNTIL}
    return {"residence": asked.person.residence, "consents": {asked.purpose: consent}}


def _single(asked: Asked) -> dict[str, object]:
    resource = {"kind": "destination", "id": DESTINATION}
    return {
        "requestId": "bench",
        "principal": {"id": asked.person.user_id, "roles": ["person"], "attr": _attributes(asked)},
        "resources": [{"actions": [asked.purpose], "resource": resource}],
    }


def _batch(batch: list[Asked]) -> dict[str, object]:
    return {
        "requestId": "bench",
        "principal": {"id": DESTINATION, "roles": ["destination"]},
        "resources": [
            {
                "actions": [one.purpose],
                "resource": {"kind": "person", "id": one.person.user_id, "attr": _attributes(one)},
            }
            for one in batch
        ],
    }
