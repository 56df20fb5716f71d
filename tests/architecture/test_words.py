"""Names that say nothing, and mechanisms that hide what calls what."""

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.source import FLOORS, TESTS, Source, list_sources, snippet

NAMELESS = {"common", "helper", "helpers", "misc", "shared", "util", "utils"}
SIGNALS = ("django.dispatch", "django.db.models.signals", "django.core.signals", "django.test.signals")


def find_nameless(source: Source) -> Iterator[str]:
    """Yield the file if its name, or a folder's, says nothing about what is in it."""
    if NAMELESS & {*source.package, source.path.stem}:
        yield f"{source.path}: name it by the noun it is about"


def find_signals(source: Source) -> Iterator[str]:
    """Yield each import of Django's signals: whoever reads the caller cannot see the callee."""
    for line, name in source.imports():
        if name.startswith(SIGNALS) or (name.startswith("django") and ".signals" in name):
            yield f"{source.path}:{line}: {name}"


def find_ordering(source: Source) -> Iterator[str]:
    """Yield each `Meta.ordering`: a query says its own order."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef) and node.name == "Meta":
            names = (target for line in node.body if isinstance(line, ast.Assign) for target in line.targets)
            if any(isinstance(name, ast.Name) and name.id == "ordering" for name in names):
                yield f"{source.path}:{node.lineno}: Meta.ordering"


def find_save(source: Source) -> Iterator[str]:
    """Yield each `save` or `delete` of our own: a queryset's update would pass it by."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef) and node.name in {"save", "delete"}:
            yield f"{source.path}:{node.lineno}: {node.name}"


@pytest.mark.parametrize("check", [find_nameless, find_signals])
def test_the_source_is_free_of(check: Callable[[Source], Iterator[str]]) -> None:
    assert [fault for source in list_sources(*FLOORS, TESTS) for fault in check(source)] == []


@pytest.mark.parametrize("check", [find_ordering, find_save])
def test_the_models_are_free_of(check: Callable[[Source], Iterator[str]]) -> None:
    models = [source for source in list_sources(*FLOORS) if source.path.stem == "models"]

    assert models
    assert [fault for source in models for fault in check(source)] == []


@pytest.mark.parametrize(
    "path", ["consent/utils.py", "lineage/outbox/helpers.py", "activation/common/names.py"]
)
def test_a_name_that_says_nothing_is_found(path: str) -> None:
    assert list(find_nameless(snippet("", path=path)))


@pytest.mark.parametrize(
    "text",
    [
        "from django.dispatch import receiver",
        "from django.db.models.signals import post_save",
        "from django.db.models import signals",
        "import django.core.signals",
        "from django.contrib.auth.signals import user_logged_in",
    ],
)
def test_a_signal_is_found(text: str) -> None:
    assert list(find_signals(snippet(text)))


def test_our_own_room_for_privacy_signals_is_no_django_signal() -> None:
    assert not list(find_signals(snippet("from consent.signals import gpc")))


def test_an_ordering_in_a_model_is_found() -> None:
    text = "class Leaf(models.Model):\n    class Meta:\n        ordering = ['index']\n"

    assert list(find_ordering(snippet(text)))
    assert not list(find_ordering(snippet("class LeafAdmin:\n    ordering = ['index']\n")))


def test_a_save_of_our_own_is_found() -> None:
    assert list(find_save(snippet("class Leaf(models.Model):\n    def save(self):\n        pass\n")))
