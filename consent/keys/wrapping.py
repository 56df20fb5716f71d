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

    :raises ImproperlyConfigured: if `KEY_WRAPPER` names nothing that can be imported, or makes none.
    """
    keys = tuple(sorted(settings.MASTER_KEYS.items()))
    return _make(settings.KEY_WRAPPER, keys, settings.MASTER_KEY_VERSION)


def make_local_wrapper() -> KeyWrapper:
    """Return a wrapper that holds the settings' `MASTER_KEYS`.

    :raises ImproperlyConfigured: if none of them has the version that is to wrap new keys.
    """
    keys, version = settings.MASTER_KEYS, settings.MASTER_KEY_VERSION
    if version is not None and version not in keys:
        raise ImproperlyConfigured(
            f"ACCORDANT_MASTER_KEY_VERSION is {version}, and ACCORDANT_MASTER_KEYS has no such version."
        )
    return LocalKeyWrapper(keys, version=version)


@lru_cache(maxsize=2)
def _make(path: str, *_: object) -> KeyWrapper:
    try:
        factory = cast("Callable[[], KeyWrapper]", import_string(path))
    except ImportError as error:
        raise ImproperlyConfigured(f"KEY_WRAPPER names {path}, which cannot be imported: {error}") from error
    return factory()
