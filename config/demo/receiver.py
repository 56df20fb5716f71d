"""A recipient for the story: a small service on this machine that takes signed messages."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


@dataclass
class Receiver:
    """What the recipient holds. It takes nothing that is not signed with the secret it shares with us."""

    secret: str
    url: str = ""
    refused: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    manifest: str = ""

    def take(self, headers: dict[str, str], body: bytes) -> bool:
        """Take a message, if its signature holds; return whether it was taken."""
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError:
            self.refused += 1
            return False
        message = json.loads(body)
        if message["type"] == "audience.started":
            self.rows.clear()
        self.rows.extend(message["data"].get("rows", []) if message["type"] == "audience.rows" else [])
        self.manifest = message["data"].get("manifest", self.manifest)
        return True


@contextmanager
def receiving(secret: str) -> Iterator[Receiver]:
    """Give a recipient that listens on loopback as long as the context lasts."""
    receiver = Receiver(secret)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken = receiver.take(dict(self.headers), body)
            self.send_response(204 if taken else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing: the story tells."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/audiences"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
