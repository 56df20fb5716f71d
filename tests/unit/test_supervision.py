"""The units and manifests that the documentation gives: well formed, and of processes that there are."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "supervision"
UNITS = sorted((FOLDER / "systemd").glob("*.service"))
COMMANDS = set(get_commands())
ONCE = {"accordant-check-workers.service"}
LOOPS = {"run_sequencer", "run_follower", "run_tailer", "check_server", "check_workers"}


def read_unit(path: Path) -> RawConfigParser:
    unit = RawConfigParser(strict=True)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(path.read_text())
    return unit


def manifests(kind: str) -> Iterator[Any]:
    for path in sorted((FOLDER / "kubernetes").glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document["kind"] == kind:
                yield document


def containers() -> Iterator[tuple[Any, Any]]:
    for deployment in manifests("Deployment"):
        for container in deployment["spec"]["template"]["spec"]["containers"]:
            yield deployment, container


def commands() -> dict[str, list[Sequence[str]]]:
    """Return every command by where it is from: the units, or the manifests."""
    return {
        "systemd": [read_unit(path)["Service"]["ExecStart"].split() for path in UNITS],
        "kubernetes": [container["command"] for _, container in containers()],
    }


def queues_of(command: Sequence[str]) -> list[str]:
    return [
        queue
        for word in command
        if word.startswith("--queues=")
        for queue in word.removeprefix("--queues=").split(",")
    ]


@pytest.mark.parametrize("of", ["systemd", "kubernetes"])
def test_every_queue_and_every_loop_is_run_and_nothing_that_is_not_there(of: str) -> None:
    found = commands()[of]
    ours = {word for words in found if "manage.py" in words for word in [words[words.index("manage.py") + 1]]}

    assert sorted(queue for words in found for queue in queues_of(words)) == sorted(settings.QUEUES)
    assert LOOPS - ours <= ({"check_workers"} if of == "kubernetes" else set())
    assert ours <= COMMANDS
    assert [words[2] for words in found if "celery" in words[0] and not queues_of(words)] == ["beat"]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_is_restarted_for_ever_and_told_to_end_in_time(path: Path) -> None:
    unit = read_unit(path)

    service = unit["Service"]
    assert service["User"] == "accordant"
    if path.name not in ONCE:
        assert (service["Restart"], unit["Install"]["WantedBy"]) == ("always", "multi-user.target")
        assert int(service["TimeoutStopSec"]) >= 20
    if queues_of(service["ExecStart"].split()):
        assert int(service["TimeoutStopSec"]) > 2 * settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT
        assert (service["Environment"], service["KillMode"]) == ("REMAP_SIGTERM=SIGQUIT", "mixed")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd")
def test_systemd_understands_the_units() -> None:
    units = [str(path) for path in sorted((FOLDER / "systemd").iterdir())]

    done = subprocess.run(["systemd-analyze", "verify", *units], check=False, capture_output=True, text=True)

    told = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert [line for line in told if re.search(r"accordant", line)] == []


def test_a_deployment_is_whole_and_its_selector_finds_its_pods() -> None:
    names = [deployment["metadata"]["name"] for deployment in manifests("Deployment")]
    assert len(names) == len(set(names)) > 5
    for deployment in manifests("Deployment"):
        spec = deployment["spec"]
        assert deployment["apiVersion"] == "apps/v1"
        assert spec["selector"]["matchLabels"] == spec["template"]["metadata"]["labels"]
        assert spec["replicas"] >= 1
    for _, container in containers():
        assert {"name", "image", "command", "envFrom", "resources"} <= set(container)
        assert container["resources"]["limits"]["memory"]
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        assert mounts <= {"schedule", "store"}


def test_a_worker_has_time_to_finish_and_is_watched() -> None:
    for deployment, container in containers():
        if not (queues := queues_of(container["command"])):
            continue
        pod = deployment["spec"]["template"]["spec"]
        assert pod["terminationGracePeriodSeconds"] > 2 * settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT
        assert {"name": "REMAP_SIGTERM", "value": "SIGQUIT"} in container["env"]
        assert f"--hostname={queues[0]}@%h" in container["command"]
        assert f"--destination={queues[0]}@$HOSTNAME" in container["livenessProbe"]["exec"]["command"][-1]


def test_there_is_one_beat_even_while_it_is_replaced() -> None:
    (beat,) = (one for one, container in containers() if "beat" in container["command"])

    assert (beat["spec"]["replicas"], beat["spec"]["strategy"]) == (1, {"type": "Recreate"})


def test_what_has_several_pods_keeps_one_through_a_disruption() -> None:
    several = [one["spec"]["selector"] for one in manifests("Deployment") if one["spec"]["replicas"] > 1]
    budgets = list(manifests("PodDisruptionBudget"))

    assert [budget["spec"]["minAvailable"] for budget in budgets] == [1] * len(several)
    assert all(budget["spec"]["selector"] in several for budget in budgets)
