"""The project's own source, as the checks in this folder read it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("config", "activation", "consent", "lineage")  # top to bottom
TESTS = "tests"


@dataclass(frozen=True)
class Source:
    """One Python file: where it lies below the root, and what it says."""

    path: PurePosixPath
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The parsed file."""
        return ast.parse(self.text, str(self.path))

    @property
    def package(self) -> tuple[str, ...]:
        """The names of the packages that the file lies in."""
        return self.path.parent.parts

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield the line and the full name of everything imported; a relative import is made absolute."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                above = self.package[: len(self.package) - node.level + 1] if node.level else ()
                module = ".".join([*above, *([node.module] if node.module else [])])
                yield from ((node.lineno, f"{module}.{name.name}") for name in node.names)


def snippet(text: str, *, path: str = "consent/records/services.py") -> Source:
    """Return a file that is not there, to try a check on."""
    return Source(PurePosixPath(path), text)


def list_sources(*tops: str) -> list[Source]:
    """Return the files below the folders `tops`, generated migrations left out."""
    paths = sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))
    return [
        Source(PurePosixPath(path.relative_to(ROOT)), path.read_text())
        for path in paths
        if "migrations" not in path.parts
    ]
