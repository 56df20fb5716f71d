"""Two databases: one for the data keys of subjects (ADR 9), and one for everything else."""

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured

from consent.keys.types import DATABASE

if TYPE_CHECKING:
    from django.db.models import Model

    from config.env import Env

KEYS = DATABASE
KEYS_APP = "consent_keys"
_PLACE = ("NAME", "HOST", "PORT")


def name_beside(name: str) -> str:
    """Return the name of the keys' database that goes with the database `name`, unless one is given."""
    return f"{name}_keys"


def read_databases(env: "Env") -> dict[str, dict[str, Any]]:
    """Return where the databases are, by alias: DATABASE_URL, and KEYS_DATABASE_URL or one beside the first.

    With ACCORDANT_DATABASE_ROLE set, connections assume that role (`grant_app_role` says what it may do).

    :raises ImproperlyConfigured: if DATABASE_URL is missing, or both name one database.
    """
    default: dict[str, Any] = env.db("DATABASE_URL")
    keys: dict[str, Any] = {**default, "NAME": name_beside(default["NAME"])}
    if env("KEYS_DATABASE_URL", default=""):
        keys = env.db("KEYS_DATABASE_URL")
    if _place(keys) == _place(default):
        raise ImproperlyConfigured(
            "KEYS_DATABASE_URL and DATABASE_URL name one database. Give the keys one of their own."
        )
    role = env("ACCORDANT_DATABASE_ROLE", default="")
    return {"default": _assuming(role, default), KEYS: _assuming(role, keys)}


def _assuming(role: str, database: dict[str, Any]) -> dict[str, Any]:
    return {**database, "OPTIONS": {**database.get("OPTIONS", {}), "assume_role": role}} if role else database


def _place(database: dict[str, Any]) -> list[object]:
    return [*(database.get(part) for part in _PLACE), database.get("OPTIONS", {}).get("host")]


class KeysRouter:
    """Keeps the tables of `consent_keys` in the keys' database, and all others out of it."""

    def db_for_read(self, model: "type[Model]", **_: object) -> str | None:
        """Return the keys' database for their models; any other model is not our business."""
        return KEYS if model._meta.app_label == KEYS_APP else None

    def db_for_write(self, model: "type[Model]", **_: object) -> str | None:
        """Return what `db_for_read` does: there is one place to read and to write."""
        return self.db_for_read(model)

    def allow_migrate(self, db: str, app_label: str, **_: object) -> bool:
        """Return whether tables of the app belong into the database `db`."""
        return (db == KEYS) == (app_label == KEYS_APP)
