"""Valkey: what fetching a small value by its key costs, which is less than a check. A floor to stand on."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.embedded.binaries import ProgramMissing, find_valkey
from tests.bench.check.load import LOOPBACK
from tests.bench.check.people import BATCH, PURPOSES, Asked, Person, list_asked, list_batches
from tests.bench.check.targets import Load, Running, TargetMissing, cache_folder, free_port, serving

_PIPELINED = 1_000


class Valkey:
    """GET of the choices of a person, and MGET of those of 100."""

    name = "Valkey"
    configured = "embedded server, TCP, nothing kept on disk; a value of some 120 bytes by user_id"

    def __init__(self, people: int) -> None:
        self._people = people

    @contextmanager
    def start(self) -> Iterator[Running]:
        """Start it and store every person."""
        try:
            program = find_valkey()
        except ProgramMissing as error:
            raise TargetMissing(str(error)) from error
        port, folder = free_port(), cache_folder()
        options = ["--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"]
        log = folder / "valkey.log"
        with serving([str(program), *options], port=port, folder=folder, log=log) as pid:
            _store(port, self._people)
            yield Running(port=port, pids=[pid])

    def loads(self) -> Sequence[Load]:
        """Return GETs and MGETs."""
        asked = [[one] for one in list_asked(self._people)]
        return [
            _load("GET", asked),
            _load(f"MGET of {BATCH}", list_batches(self._people)),
        ]


def _load(name: str, questions: list[list[Asked]]) -> Load:
    verb = name.partition(" ")[0]
    return Load(
        name=name,
        requests=[_command(verb, *(one.person.user_id for one in several)) for several in questions],
        checks=len(questions[0]),
        read=lambda answer: [line.startswith(b"{") for line in answer.split(b"\r\n") if b"{" in line],
        expected=[[True] * len(several) for several in questions],
        protocol="resp",
    )


def _command(*words: str) -> bytes:
    parts = [f"${len(word.encode())}\r\n{word}\r\n" for word in words]
    return f"*{len(words)}\r\n{''.join(parts)}".encode()


def _store(port: int, people: int) -> None:
    with socket.create_connection((LOOPBACK, port)) as client, client.makefile("rb") as answers:
        for first in range(0, people, _PIPELINED):
            some = [Person(number) for number in range(first, min(first + _PIPELINED, people))]
            client.sendall(b"".join(_command("SET", one.user_id, _value(one)) for one in some))
            for _ in some:
                answers.readline()


def _value(person: Person) -> str:
    bits = "".join("1" if person.allows(purpose) else "0" for purpose in PURPOSES)
    return json.dumps({"ref": f"sub_{person.number:032}", "residence": person.residence, "choices": bits})
