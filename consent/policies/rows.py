"""The two forms of a version's text: the document, and the rows that officers edit.

Both directions lose nothing: `read_rows` after `write_rows` returns the document, normalised.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db.models import Model, QuerySet

from consent.policies.document.normalising import normalise
from consent.policies.models import (
    AgeBand,
    Controller,
    DataCategory,
    DestinationPermission,
    Notice,
    NoticeText,
    NoticeVersion,
    PolicyJurisdiction,
    PolicyVersion,
    Purpose,
    RegisteredProperty,
    RequestProperty,
    Rule,
    RuleCondition,
    RuleObligation,
)

Document = dict[str, Any]

SCHEMA = "accordant/policy/1"
_SECTIONS: Mapping[str, type[Model]] = {
    "controllers": Controller,
    "jurisdictions": PolicyJurisdiction,
    "data_categories": DataCategory,
    "purposes": Purpose,
    "properties": RequestProperty,
    "destinations": DestinationPermission,
}
"""The sections whose entries are one row each, with fields of the same names."""
_NAME = {"jurisdictions": "code", "properties": "name"}
_NEVER_EMPTY = {
    "members",
    "controllers",
    "contract",
    "dpv",
    "values",
    "validity",
    "special_condition",
    "assessment",
}
"""Optional fields that are left out where the row has nothing in them."""
_RULE_FIELDS = (
    "purposes",
    "jurisdictions",
    "controllers",
    "basis",
    "direct_marketing",
    "validity",
    "double_opt_in",
    "data_categories",
    "special_condition",
    "transfer_countries",
    "signals",
    "assessment",
    "unknown_subject",
    "survives_erasure",
    "survives_restriction",
)
_BOOKKEEPING = {"id", "version", "slug", "code", "name"}


def write_rows(version: PolicyVersion, document: Mapping[str, Any]) -> None:
    """Write the rows of a draft that has none yet."""
    for section, model in _SECTIONS.items():
        name = _NAME.get(section, "slug")
        entries = document.get(section, {}).items()
        rows = model._default_manager.bulk_create(
            [model(version=version, **{name: slug}, **_own_fields(entry)) for slug, entry in entries]
        )
        if section == "destinations":
            _write_registered(rows, document[section])
    _write_notices(version, document.get("notices", {}))
    _write_rules(version, document["rules"])


def read_rows(version: PolicyVersion) -> Document:
    """Return the document that the version's rows make, faults and all."""
    document: Document = {
        "schema": SCHEMA,
        "policy": version.key,
        "title": version.title,
        **{section: _read_section(version, section) for section in _SECTIONS},
        "notices": _read_notices(version),
        "rules": _read_rules(version),
    }
    for slug, registered in _read_registered(version).items():
        document["destinations"][slug]["properties"] = registered
    return normalise(document)


def _read_section(version: PolicyVersion, section: str) -> Document:
    model, name = _SECTIONS[section], _NAME.get(section, "slug")
    fields = [field.name for field in model._meta.concrete_fields if field.name not in _BOOKKEEPING]
    rows = _rows(model, version=version).order_by(name, "pk")
    return {getattr(row, name): _fields(row, fields) for row in rows}


def _own_fields(entry: Document) -> Document:
    """Return the fields that stand in the entry's own row: registered properties are rows of their own."""
    return {name: value for name, value in entry.items() if name != "properties"}


def _write_registered(rows: Iterable[Any], entries: Mapping[str, Any]) -> None:
    RegisteredProperty.objects.bulk_create(
        [
            RegisteredProperty(destination=row, property=name, value=value)
            for row in rows
            for name, value in entries[row.slug].get("properties", {}).items()
        ]
    )


def _read_registered(version: PolicyVersion) -> dict[str, Document]:
    rows = RegisteredProperty.objects.filter(destination__version=version).order_by("property", "pk")
    found: dict[str, Document] = {}
    for slug, name, value in rows.values_list("destination__slug", "property", "value"):
        found.setdefault(slug, {})[name] = value
    return found


def _fields(row: Model, names: Iterable[str]) -> Document:
    values = {name: getattr(row, name) for name in names}
    return {name: value for name, value in values.items() if value or name not in _NEVER_EMPTY}


def _rows(model: type[Model], **owner: Any) -> QuerySet[Any]:
    return model._default_manager.filter(**owner)


def _write_notices(version: PolicyVersion, notices: Mapping[str, Any]) -> None:
    rows = Notice.objects.bulk_create(
        [Notice(version=version, slug=slug, title=entry["title"]) for slug, entry in notices.items()]
    )
    editions = [
        (_notice_version(row, number, edition), edition["texts"])
        for row in rows
        for number, edition in notices[row.slug]["versions"].items()
    ]
    NoticeVersion.objects.bulk_create([edition for edition, _ in editions])
    NoticeText.objects.bulk_create(
        [
            NoticeText(notice_version=edition, language=language, text=text)
            for edition, texts in editions
            for language, text in texts.items()
        ]
    )


def _notice_version(notice: Notice, number: str, edition: Mapping[str, Any]) -> NoticeVersion:
    return NoticeVersion(
        notice=notice,
        number=int(number),
        published_at=datetime.fromisoformat(edition["published_at"]),
        purposes=edition["purposes"],
        recipients=edition.get("recipients", []),
    )


def _read_notices(version: PolicyVersion) -> Document:
    notices = Notice.objects.filter(version=version).order_by("slug", "pk")
    return {
        notice.slug: {
            "title": notice.title,
            "versions": {str(edition.number): _edition(edition) for edition in notice.versions.all()},
        }
        for notice in notices.prefetch_related("versions__texts")
    }


def _edition(edition: NoticeVersion) -> Document:
    return {
        "published_at": f"{edition.published_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "purposes": edition.purposes,
        "recipients": edition.recipients,
        "texts": {text.language: text.text for text in edition.texts.all()},
    }


def _write_rules(version: PolicyVersion, rules: Sequence[Mapping[str, Any]]) -> None:
    rows = Rule.objects.bulk_create(
        [_rule(version, position, entry) for position, entry in enumerate(rules, start=1)]
    )
    pairs = list(zip(rows, rules, strict=True))
    AgeBand.objects.bulk_create(
        [AgeBand(rule=row, **band) for row, entry in pairs for band in entry.get("age", {}).get("bands", ())]
    )
    RuleCondition.objects.bulk_create(
        [
            RuleCondition(rule=row, position=position, **condition)
            for row, entry in pairs
            for position, condition in enumerate(entry.get("conditions", ()), start=1)
        ]
    )
    RuleObligation.objects.bulk_create(
        [
            RuleObligation(rule=row, position=position, treatment=treatment, column=column, value=value)
            for row, entry in pairs
            for position, (treatment, column, value) in enumerate(_treatments(entry), start=1)
        ]
    )


def _rule(version: PolicyVersion, position: int, entry: Mapping[str, Any]) -> Rule:
    notice = entry.get("notice", {})
    return Rule(
        version=version,
        position=position,
        slug=entry["id"],
        notice=notice.get("key", ""),
        oldest_notice_version=notice.get("oldest_version"),
        age_unknown=entry.get("age", {}).get("unknown", "deny"),
        **{name: entry[name] for name in _RULE_FIELDS if name in entry},
    )


def _treatments(entry: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    obligations = entry.get("obligations", {})
    yield from (("drop", column, "") for column in obligations.get("drop", ()))
    for treatment in ("mask", "set", "signal"):
        yield from (
            (treatment, column, value) for column, value in sorted(obligations.get(treatment, {}).items())
        )


def _read_rules(version: PolicyVersion) -> list[Document]:
    rows = Rule.objects.filter(version=version).order_by("position", "slug", "pk")
    return [_rule_entry(row) for row in rows.prefetch_related("bands", "conditions", "obligations")]


def _rule_entry(row: Rule) -> Document:
    entry: Document = {"id": row.slug, **_fields(row, _RULE_FIELDS)}
    if row.notice:
        entry["notice"] = {"key": row.notice, "oldest_version": row.oldest_notice_version}
    if bands := sorted(row.bands.all(), key=lambda band: band.under):
        listed = [{"under": band.under, "effect": band.effect} for band in bands]
        entry["age"] = {"unknown": row.age_unknown, "bands": listed}
    entry["conditions"] = [
        {"property": one.property, "operator": one.operator, "value": one.value}
        for one in sorted(row.conditions.all(), key=lambda one: (one.position, one.pk))
    ]
    entry["obligations"] = _obligations(row)
    return entry


def _obligations(row: Rule) -> Document:
    treated = sorted(row.obligations.all(), key=lambda one: (one.position, one.pk))
    return {
        "drop": [one.column for one in treated if one.treatment == "drop"],
        **{
            treatment: {one.column: one.value for one in treated if one.treatment == treatment}
            for treatment in ("mask", "set", "signal")
        },
    }
