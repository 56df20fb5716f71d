"""Where lineage goes, as the environment says."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from lineage.outbox.types import HttpSettings, KafkaSettings

if TYPE_CHECKING:
    from config.env import Env

_FIRST = "ACCORDANT_LINEAGE"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_OTHER_TRANSPORTS = frozenset({"file", "http", "kafka", "console"})
_KEY = re.compile(r"[\x21-\x7e]*", re.ASCII)
_LONGEST_SECONDS = 60.0  # an event is leased for two minutes, and sent within half of them at most


def read_backends(env: "Env") -> Mapping[str, HttpSettings]:
    """Return the backends that take events by HTTP, by name.

    `http` is ACCORDANT_LINEAGE_URL's. Each further one that ACCORDANT_LINEAGE_BACKENDS names, such as
    `datahub`, has variables of its own: ACCORDANT_LINEAGE_DATAHUB_URL, and so on.

    :raises ImproperlyConfigured: if a name or a value is none that can be used. No value is repeated.
    """
    backends = {}
    if env(f"{_FIRST}_URL", default=""):
        backends["http"] = _read_backend(env, _FIRST)
    for name in env.list(f"{_FIRST}_BACKENDS", default=[]):
        if not _NAME.fullmatch(name) or name in _OTHER_TRANSPORTS or name in backends:
            raise ImproperlyConfigured(
                f"{_FIRST}_BACKENDS: write each name once, of lower-case letters, digits and '_', other than"
                f" {', '.join(sorted(_OTHER_TRANSPORTS))}."
            )
        backends[name] = _read_backend(env, f"{_FIRST}_{name.upper()}")
    return backends


def read_kafka(env: "Env") -> KafkaSettings | None:
    """Return the topic that events go to; None if ACCORDANT_LINEAGE_KAFKA names no servers.

    :raises ImproperlyConfigured: if a property is malformed. No value is repeated.
    """
    servers = env(f"{_FIRST}_KAFKA", default="")
    if not servers:
        return None
    prefix = f"{_FIRST}_KAFKA"
    return KafkaSettings(
        servers=servers,
        topic=env(f"{prefix}_TOPIC", default="openlineage.events"),
        properties=_read_properties(env(f"{prefix}_PROPERTIES", default=""), f"{prefix}_PROPERTIES"),
        timeout=_read_timeout(env, f"{prefix}_TIMEOUT"),
    )


def _read_backend(env: "Env", prefix: str) -> HttpSettings:
    url = str(env(f"{prefix}_URL", default=""))
    if not _is_address(url):
        raise ImproperlyConfigured(f"{prefix}_URL must be an address such as https://marquez.example.com")
    api_key = str(env(f"{prefix}_API_KEY", default=""))
    if not _KEY.fullmatch(api_key):
        raise ImproperlyConfigured(f"{prefix}_API_KEY holds blanks, or what is not ASCII.")
    return HttpSettings(
        url=url.rstrip("/") + "/",
        endpoint=str(env(f"{prefix}_ENDPOINT", default="api/v1/lineage")).lstrip("/"),
        api_key=api_key,
        timeout=_read_timeout(env, f"{prefix}_TIMEOUT"),
        is_packed=env.bool(f"{prefix}_GZIP", default=False),
    )


def _is_address(url: str) -> bool:
    """Return whether it is an http address without user, query and fragment: they would end up in logs."""
    try:
        parts = urlsplit(url)
        plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.port == 0)
    except ValueError:
        return False
    return plain and parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", url)


def _read_timeout(env: "Env", variable: str) -> timedelta:
    try:
        seconds = float(env(variable, default="10"))
    except ValueError:
        seconds = 0.0
    if not 0.1 <= seconds <= _LONGEST_SECONDS:
        raise ImproperlyConfigured(
            f"{variable} must be a number of seconds, from 0.1 to {_LONGEST_SECONDS:.0f}."
        )
    return timedelta(seconds=seconds)


def _read_properties(text: str, variable: str) -> Mapping[str, str]:
    """Return the properties: `name=value`, one a line. They may hold a password."""
    properties = {}
    for place, line in enumerate(filter(None, map(str.strip, text.splitlines())), 1):
        name, equals, value = line.partition("=")
        if not equals or not re.fullmatch(r"[a-z0-9._]+", name.strip()):
            raise ImproperlyConfigured(f"{variable}, line {place}: write `name=value`.")
        properties[name.strip()] = value.strip()
    return properties
