"""A worker that builds one package, for tests and benchmarks that kill it, or measure what it needs.

    python -m tests.package_process DATABASE PACKAGE [stand]

It prints `peak N`, its largest resident memory in KiB above what it had before it began, and `seconds N`.
With `stand`, it stands still after the first part it wrote, until it is killed, or told a line to go on.
"""

import resource
import sys
import time
from uuid import UUID

import django


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
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.monotonic()
    is_ready = build_package(UUID(sys.argv[2]))
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(f"ready {is_ready}\npeak {peak}\nseconds {seconds:.1f}\n")


if __name__ == "__main__":
    main()
