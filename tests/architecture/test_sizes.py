"""Files and functions stay small enough to read at once."""

import ast
from collections.abc import Iterator

from tests.architecture.source import FLOORS, Source, list_sources, snippet

LONGEST_FILE = 400
LONGEST_FUNCTION = 40


def find_long_file(source: Source) -> Iterator[str]:
    """Yield the file if it is too long."""
    length = len(source.text.splitlines())
    if length > LONGEST_FILE:
        yield f"{source.path}: {length} lines"


def find_long_functions(source: Source) -> Iterator[str]:
    """Yield each function whose lines, its docstring left out, are too many."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = _length(node)
            if length > LONGEST_FUNCTION:
                yield f"{source.path}:{node.lineno}: {node.name} has {length} lines"


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = node.body[0]
    has_docstring = ast.get_docstring(node) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - docstring


def test_no_file_and_no_function_is_too_long() -> None:
    sources = list_sources(*FLOORS)

    assert [fault for source in sources for fault in find_long_file(source)] == []
    assert [fault for source in sources for fault in find_long_functions(source)] == []


def test_a_long_file_is_found() -> None:
    assert not list(find_long_file(snippet("x = 1\n" * 400)))
    assert list(find_long_file(snippet("x = 1\n" * 401)))


def test_a_long_function_is_found() -> None:
    assert not list(find_long_functions(snippet("def f():\n" + "    x = 1\n" * 39)))
    assert list(find_long_functions(snippet("def f():\n" + "    x = 1\n" * 40)))


def test_a_docstring_does_not_make_a_function_long() -> None:
    docstring = '    """One.\n' + "    More.\n" * 60 + '    """\n'

    assert not list(find_long_functions(snippet("def f():\n" + docstring + "    x = 1\n")))
