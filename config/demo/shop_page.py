"""A small shop page on this machine that includes `consent.js`, with a banner of its own.

It has a port of its own, and so an origin of its own, as a real site has. `config.demo.shop_site`
lets it record, once; `serving` shows the page for as long as its context lasts. As a process of its own:
`python -m config.demo.shop_page --port 8103 --service http://127.0.0.1:8000`.
"""

import signal
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

__all__ = ["KEY", "main", "serving"]

KEY = "demo-northwind-records"
"""The key of the demo's site. It is public, as every site's is."""
_PAGES = Path(__file__).with_name("shop")
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_FILES = {f"/{file.name}": file for file in sorted(_PAGES.iterdir()) if file.suffix in _TYPES}


class _Handler(BaseHTTPRequestHandler):
    service: ClassVar[str]
    timeout = 30

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        file = _FILES.get("/index.html" if path == "/" else path)
        if file is None:
            return self._say(404, "There is nothing at this address.", "text/plain")
        text = file.read_text(encoding="utf-8").replace("{service}", self.service).replace("{key}", KEY)
        return self._say(200, text, _TYPES[file.suffix])

    def _say(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        headers = {
            "Content-Type": f"{kind}; charset=utf-8",
            "Content-Length": str(len(content)),
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": (
                f"default-src 'none'; script-src 'self' {self.service}; connect-src {self.service};"
                " style-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
                " frame-ancestors 'none'"
            ),
        }
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing: the page tells."""


@contextmanager
def serving(service: str, port: int = 0) -> Iterator[str]:
    """Give the address at which the shop is shown, on loopback, as long as the context lasts.

    `service`: where we answer, such as http://127.0.0.1:8000.
    """
    handler = type("Handler", (_Handler,), {"service": service.rstrip("/")})
    with ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def main(arguments: list[str]) -> None:
    """Serve until the process is told to end."""
    parser = ArgumentParser(prog="python -m config.demo.shop_page", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on loopback; 0: one that is free")
    parser.add_argument("--service", required=True, help="where we answer: http://127.0.0.1:8000")
    told = parser.parse_args(arguments)
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())
    with serving(told.service, told.port) as url:
        sys.stdout.write(f"The shop is at {url}\n")
        sys.stdout.flush()
        ending.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
