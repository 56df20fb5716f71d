"""Bugs to plant in workers: each breaks one promise about steps, and a test must find it."""

from collections.abc import Callable
from typing import Any

from django.db import models

from consent.requests.fanning import carrying, collecting, ending
from consent.requests.models import Request, Step
from lineage.leases import claiming as leases


def ignore_fencing() -> None:
    """Let every worker write what it has to say of a step, whoever has it since, and however it ended."""

    def ours(row: models.Model) -> models.QuerySet[models.Model]:
        return models.QuerySet(type(row)).filter(pk=row.pk)

    leases._ours = ours  # type: ignore[assignment]
    collecting.Collection._insist = lambda _: None  # type: ignore[assignment, method-assign]
    ending._may_end = lambda *_: True


def ignore_the_state() -> None:
    """Let whoever answers for a step from outside end it, however it stands."""
    may_end = ending._may_end
    ending._may_end = lambda step, attempt: True if attempt is None else may_end(step, attempt)


def keep_what_was_left() -> None:
    """Let what an attempt before left stand."""
    collecting.vault = _Vault(collecting.vault)  # type: ignore[attr-defined, assignment]


def ask_under_another_key() -> None:
    """Ask under a key of this attempt's own."""
    ask = carrying._ask

    def ask_anew(request: Request, step: Step, connector: Any) -> Any:
        return ask(request, step, _Keyed(connector, step.attempts))

    carrying._ask = ask_anew


def forget_the_dead() -> None:
    """Let the steps of dead workers lie."""
    ending.count_death = lambda _: None  # type: ignore[assignment]


class _Vault:
    def __init__(self, vault: Any) -> None:
        self._vault = vault

    def __getattr__(self, name: str) -> Any:
        return (lambda *_: None) if name == "clear" else getattr(self._vault, name)


class _Keyed:
    def __init__(self, connector: Any, attempt: int) -> None:
        self._connector, self._attempt = connector, attempt

    def __getattr__(self, name: str) -> Any:
        def ask(*words: Any, key: str) -> Any:
            return getattr(self._connector, name)(*words, key=f"{key}-{self._attempt}")

        return ask


MUTANTS: dict[str, Callable[[], None]] = {
    "fencing is ignored": ignore_fencing,
    "the state is ignored": ignore_the_state,
    "what an attempt left is kept": keep_what_was_left,
    "each attempt has another key": ask_under_another_key,
    "the dead are forgotten": forget_the_dead,
}
"""By what is wrong."""
