"""Reading the operator's description of a warehouse (YAML). Every name in it ends in SQL, so each is checked.

Names are quoted wherever they are written, so they are spelled as the warehouse stores them (Snowflake:
mostly in upper case).
"""

import re
from collections.abc import Mapping, Set
from typing import Any, TypeVar

import yaml

from activation.enforcement.warehouse.types import (
    KEY_KINDS,
    Column,
    GuardedTable,
    Layout,
    Product,
    Reader,
    WarehouseMalformed,
)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", re.ASCII)
_PRINCIPAL = re.compile(r"(user|group|serviceAccount|domain):[A-Za-z0-9._+@-]{1,200}", re.ASCII)
_GROUP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._@-]{0,127}", re.ASCII)
_REGION = re.compile(r"[a-z][a-z0-9-]{1,40}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,40}(\([0-9]{1,4}(, ?[0-9]{1,4})?\))?", re.ASCII)
_PARTS = {
    Product.POSTGRESQL: 2,  # schema.table
    Product.SNOWFLAKE: 3,  # database.schema.table
    Product.BIGQUERY: 3,  # project.data_set.table
    Product.DATABRICKS: 3,  # catalog.schema.table
}
_ROLES = {
    Product.POSTGRESQL: _NAME,
    Product.SNOWFLAKE: _NAME,
    Product.BIGQUERY: _PRINCIPAL,
    Product.DATABRICKS: _GROUP,
}
_LONGEST_FRESHNESS = 7 * 24 * 60
_Entry = TypeVar("_Entry")


def read_layout(text: str, product: Product) -> Layout:
    """Return the description in `text`.

    :raises WarehouseMalformed: if a name cannot be one, or something is missing, unknown or said twice.
    """
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError:
        raise WarehouseMalformed("the description is no YAML") from None
    return _Reading(product).layout(document)


class _Reading:
    def __init__(self, product: Product) -> None:
        self._product = product

    def layout(self, document: Any) -> Layout:
        needed = {"mapping", "policies", "key_kind", "freshness_minutes", "readers", "tables"}
        if self._product is Product.BIGQUERY:
            needed |= {"region"}
        found = _fields(document, "the description", needed)
        most = _PARTS[self._product]
        return Layout(
            mapping=self._path(found["mapping"], most, "mapping"),
            policies=self._path(found["policies"], most - 1, "policies"),
            key_kind=_one_of(found["key_kind"], KEY_KINDS, "key_kind"),
            freshness_minutes=_minutes(found["freshness_minutes"]),
            readers=_distinct([self._reader(one) for one in _list(found["readers"], "readers")], "role"),
            tables=_distinct([self._table(one) for one in _list(found["tables"], "tables")], "path"),
            region=_text(found["region"], _REGION, "region") if "region" in found else "",
        )

    def _path(self, value: Any, parts: int, where: str) -> tuple[str, ...]:
        names = str(value).split(".")
        if len(names) != parts:
            raise WarehouseMalformed(f"{where}: write {parts} names with dots between")
        has_project = self._product is Product.BIGQUERY
        forms = [_PROJECT if has_project and not place else _NAME for place in range(parts)]
        return tuple(_text(name, form, where) for name, form in zip(names, forms, strict=True))

    def _reader(self, value: Any) -> Reader:
        found = _fields(value, "a reader", {"role", "purpose", "destination", "controller"})
        return Reader(
            role=_text(found["role"], _ROLES[self._product], "role"),
            purpose=_text(found["purpose"], _SLUG, "purpose"),
            destination=_text(found["destination"], _SLUG, "destination"),
            controller=_text(found["controller"], _SLUG, "controller"),
        )

    def _table(self, value: Any) -> GuardedTable:
        found = _fields(value, "a table", {"table", "key", "columns"})
        if not isinstance(found["columns"], Mapping) or not found["columns"]:
            raise WarehouseMalformed("columns: write `column: field` for every column of the table")
        return GuardedTable(
            path=self._path(found["table"], _PARTS[self._product], "table"),
            key=_text(found["key"], _NAME, "key"),
            columns=_distinct([_column(*pair) for pair in found["columns"].items()], "name"),
        )


def _column(name: Any, value: Any) -> Column:
    found = (
        _fields(value, "a column", {"field"}, {"type"}) if isinstance(value, Mapping) else {"field": value}
    )
    return Column(
        name=_text(name, _NAME, "column"),
        field=_text(found["field"], _SLUG, "field"),
        type=_text(found["type"], _TYPE, "type") if "type" in found else "",
    )


def _fields(value: Any, where: str, needed: Set[str], optional: Set[str] = frozenset()) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WarehouseMalformed(f"{where}: write {', '.join(sorted(needed))}")
    if missing := needed - value.keys():
        raise WarehouseMalformed(f"{where} lacks {', '.join(sorted(missing))}")
    if len(value.keys() - needed - optional):
        raise WarehouseMalformed(f"{where} takes only {', '.join(sorted(needed | optional))}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if not isinstance(value, list) or not value:
        raise WarehouseMalformed(f"{where}: write a list with at least one entry")
    return value


def _text(value: Any, form: re.Pattern[str], where: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise WarehouseMalformed(f"{where}: a name is malformed")
    return value


def _one_of(value: Any, known: frozenset[str], where: str) -> str:
    if value not in known:
        raise WarehouseMalformed(f"{where}: one of {', '.join(sorted(known))}")
    return str(value)


def _minutes(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= _LONGEST_FRESHNESS:
        raise WarehouseMalformed(f"freshness_minutes: a whole number from 1 to {_LONGEST_FRESHNESS:,}")
    return value


def _distinct(values: list[_Entry], attribute: str) -> tuple[_Entry, ...]:
    seen = [str(getattr(value, attribute)).casefold() for value in values]
    if len(set(seen)) != len(seen):
        raise WarehouseMalformed(f"two entries have the same {attribute}")
    return tuple(values)
