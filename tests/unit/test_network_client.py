"""The way out: whom a client reaches, whatever names lead to, and how long it stays."""

import itertools
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpcore2
import pytest

from consent.network.client import GuardedClient, Limits, RecipientSilent, open_client
from consent.network.hosts import AddressRefused
from consent.network.pinned import Deadline
from consent.network.resolving import NameNotResolved, check_host
from tests.fakes.certificates import make_certificate
from tests.fakes.sockets import Talk, says, serve_raw

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
PUBLIC = "93.184.216.34"


class Names:
    """A resolver that answers each look-up of a name with the next of its answers, the last for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = itertools.chain(answers, itertools.repeat(answers[-1]))
        self.asked: list[str] = []

    def __call__(self, host: str, _: int) -> Sequence[str]:
        self.asked.append(host)
        return next(self._answers)


class Recording(httpcore2.NetworkBackend):
    """A network that notes where connections would go, and breaks them off."""

    def __init__(self) -> None:
        self.connected: list[str] = []

    def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore2.NetworkStream:
        self.connected.append(host)
        raise httpcore2.ConnectError


@pytest.fixture
def hostile_system(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Let the system's resolver lead every name to this machine, and return the names it was asked for."""
    asked: list[object] = []
    real = socket.getaddrinfo

    def lead_here(host: str, *args: Any, **given: Any) -> Any:
        if not host[0].isdigit():
            asked.append(host)
        return real(host if host[0].isdigit() else "127.0.0.1", *args, **given)

    monkeypatch.setattr(socket, "getaddrinfo", lead_here)
    return asked


def connect(url: str, names: Names | None = None, **given: Any) -> GuardedClient:
    resolve = {"resolve": names} if names else {}
    return open_client(url, **{"allow_local": True, **resolve, **given})


def talk_to(talk: Talk, **given: Any) -> Any:
    """Return the answer of a client to a server that talks so, over plain http on this machine."""
    with serve_raw(talk) as server, connect(f"http://127.0.0.1:{server.port}/in?a=b", **given) as client:
        return client.ask("POST", content=b"{}"), server


# Names


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["169.254.169.254"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        [PUBLIC, "10.0.0.1"],  # one good address does not cover a bad one
        ["10.0.0.1", PUBLIC],
        [PUBLIC, "::1"],
    ],
)
def test_a_name_that_leads_inside_is_refused(answers: list[str]) -> None:
    with pytest.raises(AddressRefused):
        check_host("inside.example", 443, allow_local=False, resolve=Names(answers))


def test_addresses_are_returned_once_each_in_the_resolvers_order() -> None:
    names = Names([PUBLIC, PUBLIC, "2606:4700::1"])

    found = check_host("Outside.Example", 9092, allow_local=False, resolve=names)

    assert [str(address) for address in found] == [PUBLIC, "2606:4700::1"]
    assert names.asked == ["outside.example"]


def test_an_address_is_not_looked_up() -> None:
    names = Names(["127.0.0.1"])

    assert [str(each) for each in check_host(PUBLIC, 443, allow_local=False, resolve=names)] == [PUBLIC]
    with pytest.raises(AddressRefused):
        check_host("10.1.2.3", 443, allow_local=False, resolve=names)
    assert not names.asked


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_is_none_is_refused(port: int) -> None:
    with pytest.raises(AddressRefused):
        check_host(PUBLIC, port, allow_local=True)


@pytest.mark.parametrize("answers", [[], ["not an address"], [PUBLIC, "fe80::1%"]])
def test_a_name_without_a_readable_address_is_not_resolved(answers: list[str]) -> None:
    with pytest.raises(NameNotResolved):
        check_host("nowhere.example", 443, allow_local=True, resolve=Names(answers))


@pytest.mark.parametrize("error", [socket.gaierror(-2, "secret.example"), TimeoutError(), UnicodeError("x")])
def test_a_resolver_that_fails_is_named_without_what_it_was_asked(error: Exception) -> None:
    def fail(host: str, port: int) -> Sequence[str]:
        raise error

    with pytest.raises(NameNotResolved) as raised:
        check_host("secret.example", 443, allow_local=False, resolve=fail)

    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_plain_http_never_leaves_the_local_network() -> None:
    with pytest.raises(AddressRefused):
        connect("http://outside.example/", Names([PUBLIC]))
    with pytest.raises(AddressRefused):
        connect("http://outside.example/", Names(["127.0.0.1", PUBLIC]))


def test_loopback_is_refused_unless_the_installation_allows_it() -> None:
    with pytest.raises(AddressRefused):
        open_client("https://localhost:8443/", allow_local=False, resolve=Names(["127.0.0.1"]))
    with open_client("https://localhost:8443/", allow_local=True, resolve=Names(["127.0.0.1"])):
        pass


# Rebinding


def test_a_name_that_leads_elsewhere_the_second_time_is_connected_to_where_it_was_checked() -> None:
    names, network = Names([PUBLIC], ["127.0.0.1"]), Recording()

    with open_client("https://rebinds.example/", allow_local=False, resolve=names, network=network) as client:
        for _ in range(3):
            with pytest.raises(RecipientSilent):
                client.ask("GET")

    assert network.connected == [PUBLIC] * 3
    assert names.asked == ["rebinds.example"]


def test_the_systems_resolver_is_not_asked_again_when_connecting(
    hostile_system: list[object], tmp_path: Path
) -> None:
    shows, trust = make_certificate("rebinds.example", tmp_path)
    with serve_raw(says(OK), shows=shows) as server:
        url = f"https://rebinds.example:{server.port}/in"
        with connect(url, Names(["127.0.0.1"], ["10.0.0.1"]), trust=trust) as client:
            answers = [client.ask("POST", content=b"{}").content for _ in range(2)]

    assert answers == [b"ok", b"ok"]
    assert not hostile_system
    assert all(f"Host: rebinds.example:{server.port}".encode() in head for head in server.seen)


def test_a_client_that_connects_by_name_is_led_astray(hostile_system: list[object]) -> None:
    """The mutant of the two tests above: checked, then handed the name."""
    check_host("rebinds.example", 443, allow_local=False, resolve=Names([PUBLIC]))
    with serve_raw(says(OK)) as server, httpcore2.ConnectionPool() as pool:
        answer = pool.request("GET", f"http://rebinds.example:{server.port}/")

    assert answer.content == b"ok"
    assert hostile_system == ["rebinds.example"]


def test_a_certificate_for_another_name_is_not_accepted(tmp_path: Path) -> None:
    shows, trust = make_certificate("somebody-else.example", tmp_path)
    with serve_raw(says(OK), shows=shows) as server:
        url = f"https://recipient.example:{server.port}/"
        with connect(url, Names(["127.0.0.1"]), trust=trust) as client, pytest.raises(RecipientSilent):
            client.ask("GET")

    assert not server.seen


def test_a_certificate_nobody_vouches_for_is_not_accepted(tmp_path: Path) -> None:
    shows, _ = make_certificate("recipient.example", tmp_path)
    with serve_raw(says(OK), shows=shows) as server:
        url = f"https://recipient.example:{server.port}/"
        with connect(url, Names(["127.0.0.1"])) as client, pytest.raises(RecipientSilent):
            client.ask("GET")


def test_the_name_is_shown_to_the_server_before_it_shows_its_certificate(tmp_path: Path) -> None:
    shows, trust = make_certificate("recipient.example", tmp_path)
    named: list[str | None] = []

    def note(_: ssl.SSLSocket, name: str | None, __: ssl.SSLContext) -> None:
        named.append(name)

    shows.sni_callback = note  # type: ignore[assignment]
    with serve_raw(says(OK), shows=shows) as server:
        url = f"https://recipient.example:{server.port}/"
        with connect(url, Names(["127.0.0.1"]), trust=trust) as client:
            client.ask("GET")

    assert named == ["recipient.example"]


def test_the_next_address_is_tried_when_one_does_not_answer() -> None:
    with serve_raw(says(OK)) as server:
        url = f"http://recipient.example:{server.port}/"
        with connect(url, Names(["127.0.0.2", "127.0.0.1"])) as client:
            assert client.ask("GET").status == 200


def test_a_proxy_named_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    answer, _ = talk_to(says(OK))

    assert answer.status == 200


# Answers


def test_the_question_reaches_the_path_and_query_of_the_address() -> None:
    answer, server = talk_to(says(OK))

    assert (answer.status, answer.content) == (200, b"ok")
    assert server.seen[0].startswith(b"POST /in?a=b HTTP/1.1\r\n")


def test_a_redirection_is_an_answer_and_leads_nowhere() -> None:
    with serve_raw(says(OK)) as inside:
        there = f"http://127.0.0.1:{inside.port}/"
        answer, _ = talk_to(
            says(f"HTTP/1.1 307 Elsewhere\r\nLocation: {there}\r\nContent-Length: 0\r\n\r\n".encode())
        )

    assert answer.status == 307
    assert not inside.seen


def test_a_cookie_is_not_sent_back() -> None:
    cookie = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: a=b\r\n\r\n")
    with serve_raw(says(cookie)) as server, connect(f"http://127.0.0.1:{server.port}/") as client:
        client.ask("GET")
        client.ask("GET")

    assert b"Cookie" not in server.seen[1]


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"this is no HTTP\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 200_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + b"x" * 99_999,
    ],
)
def test_half_an_answer_or_too_much_of_one_is_none(answer: bytes) -> None:
    with pytest.raises(RecipientSilent):
        talk_to(says(answer), limits=Limits(answer_bytes=10_000))


def test_nobody_there_is_said_without_the_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with (
        connect(f"http://127.0.0.1:{port}/token-in-path") as client,
        pytest.raises(RecipientSilent) as raised,
    ):
        client.ask("GET")

    assert "token" not in str(raised.value)


# Time


class Ticks:
    """A clock that goes on by one second each time it is read."""

    def __init__(self) -> None:
        self._now = 0.0

    def __call__(self) -> float:
        self._now += 1.0
        return self._now


def dribble(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(100_000):
        connection.sendall(b"x")  # each byte in time, the whole never


def hang(connection: socket.socket) -> None:
    while connection.recv(65_536):
        pass  # says nothing until the other side goes


def test_a_head_that_never_ends_is_left_when_the_whole_time_is_over() -> None:
    ticks = Ticks()

    with pytest.raises(RecipientSilent) as raised:
        talk_to(dribble, limits=Limits(total_seconds=10), deadline=Deadline(ticks))

    assert "in time" in str(raised.value)
    assert ticks() < 20


def test_a_recipient_that_hangs_is_left_after_the_time_for_reading() -> None:
    with pytest.raises(RecipientSilent) as raised:
        talk_to(hang, limits=Limits(read_seconds=0.05))

    assert "in time" in str(raised.value)


def test_a_recipient_that_does_not_take_the_question_is_left_after_the_time_for_writing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:  # accepted by the system, read by nobody
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        limits = Limits(write_seconds=0.05, read_seconds=0.05)
        with connect(url, limits=limits) as client, pytest.raises(RecipientSilent) as raised:
            client.ask("POST", content=bytes(20_000_000))

    assert "in time" in str(raised.value)


def test_a_client_connects_to_the_checked_host_only() -> None:
    with connect("http://127.0.0.1:9/") as client:
        backend = client._pool._network_backend  # the backend alone decides where to
    with pytest.raises(httpcore2.ConnectError):
        backend.connect_tcp("127.0.0.1", 10)
    with pytest.raises(httpcore2.ConnectError):
        backend.connect_tcp("localhost", 9)
