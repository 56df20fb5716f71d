"""What a benchmark says, and how it is printed."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure. `floor` is a bare piece of work of the same size, measured in the same run."""

    name: str
    value: float | None
    """None where it could not be measured; `floor` says why."""
    unit: str
    floor: str = ""
    ratio: float | None = None
    """How many times the floor's time ours takes. None where there is nothing to compare with."""


def print_report(figures: Sequence[Figure]) -> None:
    """Print the machine's shape, a table, and the same as one line of JSON."""
    print(f"\n{describe_machine()}\n")
    width = max([46, *(len(figure.name) for figure in figures)])
    print(f"| {'what':<{width}} | {'figure':>14} | {'times the floor':>15} | floor")
    print(f"|{'-' * (width + 2)}|{'-' * 16}|{'-' * 17}|{'-' * 30}")
    for figure in figures:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.{1 if figure.ratio >= 1 else 2}f}"
        value = "not measured" if figure.value is None else _show(figure.value, figure.unit)
        print(f"| {figure.name:<{width}} | {value:>14} | {ratio:>15} | {figure.floor}")
    machine, rows = describe_machine(), [asdict(figure) for figure in figures]
    print(f"\n{json.dumps({'machine': machine, 'figures': rows})}")


def _show(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 2 if value >= 0.1 else 4
    return f"{value:,.{digits}f} {unit}".rstrip()


def describe_machine() -> str:
    """Return the shape of this machine: what a figure means nothing without."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}"
