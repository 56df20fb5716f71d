"""A check server in processes of its own: `python -m tests.check_server_process PORT WORKERS GRACE DIR`."""

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable
from pathlib import Path

from activation.checks.server.http import Head, response
from activation.checks.server.serving import serve


class Application:
    """Answers with its process id; what it does beside that is told by files in a folder."""

    def __init__(self, folder: Path) -> None:
        """Fail if the folder says so."""
        self._folder = folder
        if (folder / "broken").exists():
            (folder / "broken").unlink()
            raise RuntimeError("alice@example.com")

    async def start(self) -> None:
        """Leave a sign."""
        (self._folder / f"started-{os.getpid()}").touch()

    async def stop(self) -> None:
        """Leave a sign."""
        (self._folder / f"stopped-{os.getpid()}").touch()

    def answer(self, head: Head, _: bytes) -> bytes | Awaitable[bytes]:
        """Answer at once, or when there is a file named `go`."""
        return self._wait() if head.path == b"/wait" else response(200, b"%d" % os.getpid())

    async def _wait(self) -> bytes:
        (self._folder / "waiting").touch()
        while not (self._folder / "go").exists():
            await asyncio.sleep(0.005)
        return response(200, b"went on")


def main() -> int:
    """Serve as the command line says."""
    port, workers, grace, folder = sys.argv[1:]
    logging.basicConfig(level=logging.INFO)
    return serve(
        lambda: Application(Path(folder)),
        host="127.0.0.1",
        port=int(port),
        workers=int(workers),
        grace=float(grace),
        paths=[b"/now"],
        reuse_port=True,
    )


if __name__ == "__main__":
    sys.exit(main())
