"""`./dev bench [NAME]`: measures, prints a table and JSON. Never passes or fails by a time."""

import sys

import django


def main(names: list[str]) -> int:
    """Run the benchmarks named, or all, and return the exit code."""
    django.setup()
    from tests.bench.registry import BENCHMARKS  # noqa: PLC0415 - needs Django set up
    from tests.bench.report import Figure, print_report  # noqa: PLC0415

    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(
            f"There is no benchmark {', '.join(unknown)}. There are: {', '.join(BENCHMARKS)}.",
            file=sys.stderr,
        )
        return 2
    figures: list[Figure] = []
    for name in names or BENCHMARKS:
        print(f"Measuring {name} …", file=sys.stderr, flush=True)
        figures += BENCHMARKS[name]()
    print_report(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
