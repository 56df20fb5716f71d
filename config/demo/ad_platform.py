"""A small ad platform on this machine: it takes signed messages, holds people, and shows what it holds.

It runs as a process of its own: `python -m config.demo.ad_platform --port 8100 --secret-file FILE`.
"""

import json
import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from config.demo.ad_platform_state import AdPlatform

__all__ = ["AdPlatform", "main", "serving"]

_MOST_BYTES = 20_000_000
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
}


class _Handler(BaseHTTPRequestHandler):
    platform: AdPlatform
    timeout = 30

    def do_POST(self) -> None:
        length = self.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            return self._say(413 if length else 411)
        body = self.rfile.read(int(length))
        return self._say(self.platform.take(dict(self.headers), body))

    def do_GET(self) -> None:
        if self.path == "/state.json":
            return self._say(200, json.dumps(self.platform.figures()), "application/json")
        if self.path != "/":
            return self._say(404)
        return self._say(200, self.platform.page(), "text/html; charset=utf-8")

    def _say(self, status: int, text: str = "", kind: str = "text/plain") -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Type": kind}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the page tells."""


@contextmanager
def serving(platform: AdPlatform, port: int = 0) -> Iterator[str]:
    """Give the address at which the platform listens, on loopback, as long as the context lasts."""
    handler = type("Handler", (_Handler,), {"platform": platform})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def main(arguments: list[str]) -> None:
    """Serve until the process is told to end."""
    parser = ArgumentParser(prog="python -m config.demo.ad_platform", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0: one that is free")
    parser.add_argument("--secret-file", type=Path, required=True, help="file with the secret, whsec_…")
    told = parser.parse_args(arguments)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    platform = AdPlatform(told.secret_file.read_text(encoding="utf-8").strip())
    with serving(platform, told.port) as url:
        sys.stdout.write(f"The ad platform listens at {url}\n")
        sys.stdout.flush()
        ending.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
