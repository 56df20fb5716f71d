"""A bucket in moto's server, which answers as Amazon's S3 is documented to."""

import http.client
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import obstore
import pyarrow as pa
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from obstore.store import S3Store
from werkzeug.serving import WSGIRequestHandler, make_server

from activation.destinations.kinds import object_store
from activation.destinations.kinds.interface import Delivery
from tests.conformance.harness import Fault, Harness, Rows, with_column
from tests.conformance.harness_file import read_rows
from tests.conformance.wire import Wire

BUCKET, PREFIX = "meridian", "audiences/harbor"
_SAID = {
    Fault.REFUSES: ("403 Forbidden", "AccessDenied"),
    Fault.IN_TROUBLE: ("503 Slow Down", "SlowDown"),
}


class Front:
    """Moto's application behind a door that can be shut."""

    def __init__(self) -> None:
        self.inner = DomainDispatcherApplication(create_backend_app)
        self.fault: Fault | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if self.fault is None:
            return self.inner(environ, start_response)  # type: ignore[no-any-return]  # moto has no types
        status, code = _SAID[self.fault]
        start_response(status, [("Content-Type", "application/xml")])
        return [f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode()]


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log(self, *_: Any, **__: Any) -> None:
        """Write nothing."""


class ObjectStoreHarness(Harness):
    """The bucket."""

    kind = object_store.KIND
    steps: ClassVar = ["activation.destinations.kinds.object_store.connector.put_object"]

    removal_steps = steps

    def __init__(self, front: Front, wire: Wire, store: S3Store) -> None:
        self.front, self.wire, self.store = front, wire, store

    def settings(self) -> dict[str, Any]:
        return {
            "endpoint": f"http://127.0.0.1:{self.wire.port}",
            "bucket": BUCKET,
            "region": "eu-central-1",
            "prefix": PREFIX,
            "connect_seconds": 1,
            "request_seconds": 2,
        }

    def secrets(self) -> dict[str, str]:
        return {"access_key_id": "PLANTEDKEYID0001", "secret_access_key": "planted-secret-key-77aa"}

    def reset(self) -> None:
        if paths := [found["path"] for found in obstore.list(self.store).collect()]:
            obstore.delete(self.store, paths)

    def held(self, audience: str) -> Rows:
        try:
            found = obstore.get(self.store, f"{PREFIX}/{audience}.parquet").bytes()
        except FileNotFoundError:
            return []
        return read_rows(bytes(found), "parquet")

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        if fault is Fault.HANGS:
            with self.wire.silent():
                yield
        elif fault is Fault.UNREACHABLE:
            with self.wire.cut():
                yield
        else:
            self.front.fault = fault
            try:
                yield
            finally:
                self.front.fault = None

    @contextmanager
    def with_tls(self) -> Iterator[int]:
        """Give a port on which the same store speaks TLS, with a certificate that it signed itself."""
        with _serving(self.front, ssl_context="adhoc") as port:
            yield port

    def malformed_settings(self) -> Iterable[tuple[dict[str, Any], str]]:
        for prefix in ("", "/a", "a/", "../a", "a//b", "a/../b", "a b", "a\n"):
            yield {"prefix": prefix}, "prefix"
        for bucket in ("", "A", "x", "a/b", "a_b", "-ab"):
            yield {"bucket": bucket}, "bucket"
        yield {"endpoint": "ftp://127.0.0.1"}, "https"
        yield {"endpoint": "https://user:word@store.example"}, "https"
        yield {"endpoint": "https://store.example/bucket"}, "without a path"
        yield {"format": "xlsx"}, "format"
        yield {"request_seconds": 0}, "request_seconds"

    def unsuitable(self) -> Iterable[tuple[str, Delivery]]:
        delivery = self.delivery()
        yield "note", with_column(delivery, "note", pa.array(["x"] * delivery.rows))


@contextmanager
def start(_: Path) -> Iterator[Harness]:
    """Give a server with one bucket, and a wire to it."""
    front = Front()
    with _serving(front) as port:
        wire = Wire(lambda: socket.create_connection(("127.0.0.1", port)))
        _make_bucket(port)
        store = S3Store(
            BUCKET,
            config={
                "endpoint": f"http://127.0.0.1:{port}",
                "region": "eu-central-1",
                "access_key_id": "other",
                "secret_access_key": "other",
            },
            client_options={"allow_http": True},
        )
        try:
            yield ObjectStoreHarness(front, wire, store)
        finally:
            wire.close()


@contextmanager
def _serving(front: Front, **options: Any) -> Iterator[int]:
    server = make_server("127.0.0.1", 0, front, threaded=True, request_handler=Quiet, **options)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _make_bucket(port: int) -> None:
    location = (
        b"<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>"
        b"</CreateBucketConfiguration>"
    )
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    named = "AWS4-HMAC-SHA256 Credential=other/20260101/eu-central-1/s3/aws4_request"
    connection.request("PUT", f"/{BUCKET}", location, {"Authorization": named})
    assert connection.getresponse().status == 200
    connection.close()
