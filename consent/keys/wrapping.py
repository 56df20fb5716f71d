"""Which wrapper is in use: the one that the settings name."""

from collections.abc import Callable
from functools import lru_cache
from typing import cast

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from consent.keys.rules import LocalKeyWrapper
from consent.keys.types import KeyWrapper


def get_wrapper() -> KeyWrapper:
    """Return the wrapper of the settings, the same one until they change.

    :raises ImproperlyConfigured: if `KEY_WRAPPER` names nothing that can be imported.
    """
    return _make(settings.KEY_WRAPPER, tuple(sorted(settings.MASTER_KEYS.items())))


def make_local_wrapper() -> KeyWrapper:
    """Return a wrapper that holds the settings' `MASTER_KEYS`."""
    return LocalKeyWrapper(settings.MASTER_KEYS)


@lru_cache(maxsize=2)
def _make(path: str, _: tuple[tuple[int, bytes], ...]) -> KeyWrapper:
    try:
        factory = cast("Callable[[], KeyWrapper]", import_string(path))
    except ImportError as error:
        raise ImproperlyConfigured(f"KEY_WRAPPER names {path}, which cannot be imported: {error}") from error
    return factory()
