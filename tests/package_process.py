"""A worker that builds one package, for tests and benchmarks that kill it, or measure what it needs.

    python -m tests.package_process DATABASE PACKAGE [stand]

It prints `peak N`, its largest resident memory in KiB above what it had before it began, and `seconds N`.
With `stand`, it stands still after the first part it wrote, until it is killed, or told a line to go on.
"""

import re
import sys
import time
from pathlib import Path
from uuid import UUID

import django


def read_peak() -> int:
    """Return the largest resident memory in KiB. What `getrusage` says begins with the parent's."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    assert found is not None
    return int(found[1])


def main() -> None:
    """Build the package."""
    django.setup()
    from consent.requests.packages import storing  # noqa: PLC0415 - Django is set up now
    from consent.requests.packages.building import build_package  # noqa: PLC0415
    from tests.databases import use_databases  # noqa: PLC0415

    use_databases(sys.argv[1])
    if "stand" in sys.argv:
        write = storing.PackageSink._write_part

        def stand(sink: storing.PackageSink, number: int, content: bytes) -> None:
            write(sink, number, content)
            sys.stdout.write("standing\n")
            sys.stdout.flush()
            sys.stdin.readline()

        storing.PackageSink._write_part = stand  # type: ignore[method-assign, assignment]
    before = read_peak()
    started = time.monotonic()
    is_ready = build_package(UUID(sys.argv[2]))
    seconds = time.monotonic() - started
    peak = read_peak() - before
    sys.stdout.write(f"ready {is_ready}\npeak {peak}\nseconds {seconds:.1f}\n")


if __name__ == "__main__":
    main()
