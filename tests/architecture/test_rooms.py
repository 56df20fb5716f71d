"""Every room has something in it, and an app says its own label."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import FLOORS, ROOT, TESTS, Source, list_sources, snippet


def find_empty_packages(top: Path) -> Iterator[str]:
    """Yield each folder whose `__init__.py` holds no code and stands alone."""
    for init in sorted(top.rglob("__init__.py")):
        others = [path for path in init.parent.iterdir() if path.name not in {"__init__.py", "__pycache__"}]
        if not others and _is_silent(init.read_text()):
            yield str(init.parent)


def find_unlabelled(source: Source) -> Iterator[str]:
    """Yield each AppConfig without a label of its own: tables and migrations are named after it for good."""
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and any("AppConfig" in ast.unparse(base) for base in node.bases):
            names = [target for line in node.body if isinstance(line, ast.Assign) for target in line.targets]
            if not any(isinstance(name, ast.Name) and name.id == "label" for name in names):
                yield f"{source.path}:{node.lineno}: {node.name}"


def _is_silent(text: str) -> bool:
    body = ast.parse(text).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


def test_no_package_is_empty() -> None:
    assert [fault for top in (*FLOORS, TESTS) for fault in find_empty_packages(ROOT / top)] == []


def test_every_app_says_its_label() -> None:
    configurations = [source for source in list_sources(*FLOORS) if source.path.stem == "apps"]

    assert configurations
    assert [fault for source in configurations for fault in find_unlabelled(source)] == []


def test_an_empty_package_is_found(tmp_path: Path) -> None:
    for name, text in {"empty": '"""Later."""\n', "full": "x = 1\n"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(text)

    assert list(find_empty_packages(tmp_path)) == [str(tmp_path / "empty")]


def test_an_app_without_a_label_is_found() -> None:
    assert list(find_unlabelled(snippet("class RecordsConfig(AppConfig):\n    name = 'consent.records'\n")))
    assert not list(
        find_unlabelled(snippet("class RecordsConfig(AppConfig):\n    label = 'consent_records'\n"))
    )
