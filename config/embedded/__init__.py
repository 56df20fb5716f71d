"""Starts and stops an embedded PostgreSQL and Valkey for local use. Never part of a production image.

`services(home=…)` is the one entry; `processes` starts what else a launcher runs in that home.
"""

from config.embedded.errors import EmbeddedError
from config.embedded.services import is_set, services

__all__ = ["EmbeddedError", "is_set", "services"]
