"""A witness over HTTP that checks all it is sent, as <https://c2sp.org/tlog-witness> says."""

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from consent.kernel.checkpoints import Checkpoint, verify_checkpoint
from consent.kernel.consistency import verify_consistency
from consent.kernel.errors import AccordantError
from consent.kernel.merkle import EMPTY_ROOT
from consent.kernel.signing import VerifyKey


@dataclass
class FakeWitness:
    """What it has seen, and every fault it found in what it was sent."""

    key: VerifyKey
    size: int = 0
    root: bytes = EMPTY_ROOT
    is_down: bool = False
    faults: list[str] = field(default_factory=list)
    url: str = ""

    def receive(self, body: bytes) -> tuple[HTTPStatus, bytes]:
        """Return the answer to a request."""
        if self.is_down:
            return HTTPStatus.SERVICE_UNAVAILABLE, b""
        try:
            head, note = body.split(b"\n\n", 1)
            first, *lines = head.decode().split("\n")
            old, proof = (
                int(first.removeprefix("old ")),
                [base64.b64decode(line, validate=True) for line in lines],
            )
            checkpoint = verify_checkpoint(note, self.key, origin=self.key.name)
        except (ValueError, AccordantError) as error:
            return self._refuse(HTTPStatus.FORBIDDEN, str(error))
        return self._judge(old, proof, checkpoint)

    def _judge(self, old: int, proof: list[bytes], checkpoint: Checkpoint) -> tuple[HTTPStatus, bytes]:
        if old > checkpoint.size:
            return self._refuse(HTTPStatus.BAD_REQUEST, "the old size is above the checkpoint's")
        if old != self.size or (old == checkpoint.size and checkpoint.root != self.root):
            return HTTPStatus.CONFLICT, f"{self.size}\n".encode()
        if not verify_consistency(
            first=old, second=checkpoint.size, first_root=self.root, second_root=checkpoint.root, path=proof
        ):
            return self._refuse(HTTPStatus.UNPROCESSABLE_ENTITY, "the proof does not hold")
        self.size, self.root = checkpoint.size, checkpoint.root
        return HTTPStatus.OK, "— witness.example/w1 AAAAAAAA\n".encode()

    def _refuse(self, status: HTTPStatus, fault: str) -> tuple[HTTPStatus, bytes]:
        self.faults.append(fault)
        return status, b""


@contextmanager
def serve_witness(key: VerifyKey) -> Iterator[FakeWitness]:
    """Give a witness that answers on this machine while the context lasts."""
    witness = FakeWitness(key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path != "/log/add-checkpoint":
                witness.faults.append(self.path)
            status, content = witness.receive(body)
            self.send_response(status)
            if status is HTTPStatus.CONFLICT:
                self.send_header("Content-Type", "text/x.tlog.size")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        witness.url = f"http://127.0.0.1:{server.server_address[1]}/log"
        try:
            yield witness
        finally:
            server.shutdown()
            thread.join()
