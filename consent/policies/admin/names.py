"""What the lists of names in a draft's rows are picked from."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from consent.policies import queries
from consent.policies.document.codes import ANYWHERE, load_codes
from consent.policies.document.paths import field_of, fields_of
from consent.policies.document.schema import load_schema
from consent.policies.models import (
    Controller,
    DestinationPermission,
    NoticeVersion,
    PolicyJurisdiction,
    Purpose,
    RegisteredProperty,
    Rule,
    RuleCondition,
)
from consent.policies.taxonomy.terms import TermKind

Document = Mapping[str, Any]
Choice = tuple[str, str]
_Offer = Callable[[Document, Any], list[Choice]]


def list_offered(document: Document, row: Any, field: str) -> list[Choice]:
    """Return what may be picked for `field` of `row`, with labels; nothing where it is typed freely."""
    offer = _OFFERS.get((type(row), field))
    return offer(document, row) if offer else []


def _declared(section: str) -> _Offer:
    def offer(document: Document, _: Any) -> list[Choice]:
        entries = fields_of(document, section).items()
        return [(name, _label(name, field_of(entry, "title"))) for name, entry in sorted(entries)]

    return offer


def _label(name: str, title: object) -> str:
    return f"{name}: {title}" if title else name


def _plain(names: Iterator[str] | list[str]) -> list[Choice]:
    return [(name, name.replace("_", " ")) for name in names]


def _other_purposes(document: Document, row: Any) -> list[Choice]:
    return [choice for choice in _declared("purposes")(document, row) if choice[0] != row.slug]


def _third_parties(document: Document, row: Any) -> list[Choice]:
    destinations = fields_of(document, "destinations")
    choices = _declared("destinations")(document, row)
    return [choice for choice in choices if field_of(destinations[choice[0]], "role") == "third_party"]


def _data_subjects(_: Document, __: Any) -> list[Choice]:
    vocabulary = queries.get_vocabulary()
    return [
        (term.key, _label(term.key, term.name))
        for term in sorted(vocabulary.terms.values(), key=lambda term: term.key)
        if term.kind == TermKind.DATA_SUBJECT and vocabulary.is_usable(term.kind, term.key)
    ]


def _resource_properties(document: Document, row: Any) -> list[Choice]:
    return [choice for choice in _declared("properties")(document, row) if choice[0].startswith("resource.")]


def _places(document: Document, row: Any) -> list[Choice]:
    return [(ANYWHERE, "*: anywhere else"), *_declared("jurisdictions")(document, row)]


def _transfers(document: Document, row: Any) -> list[Choice]:
    codes = load_codes()
    groups = [choice for choice in _declared("jurisdictions")(document, row) if choice[0] in codes.groups]
    return [(ANYWHERE, "*: any country"), *groups, *_countries(document, row)]


def _countries(_: Document, __: Any) -> list[Choice]:
    return [(code, code) for code in sorted(load_codes().countries)]


def _codes(_: Document, __: Any) -> list[Choice]:
    codes = load_codes()
    listed = [*sorted(codes.groups), *sorted(codes.countries), *sorted(codes.subdivisions)]
    return [(code, code) for code in listed]


def _members(_: Document, row: Any) -> list[Choice]:
    groups = load_codes().groups
    members = groups.get(row.code, frozenset().union(*groups.values()))
    return [(code, code) for code in sorted(members)]


def _listed(definition: str, field: str) -> _Offer:
    names = load_schema()["$defs"][definition]["properties"][field]["items"]["enum"]
    return lambda _, __: _plain(names)


_OFFERS: Mapping[tuple[type, str], _Offer] = {
    (Controller, "establishment"): _codes,
    (PolicyJurisdiction, "code"): _codes,
    (PolicyJurisdiction, "members"): _members,
    (Purpose, "data_categories"): _declared("data_categories"),
    (Purpose, "data_subjects"): _data_subjects,
    (Purpose, "requires"): _other_purposes,
    (Purpose, "opt_out_signals"): _listed("purpose", "opt_out_signals"),
    (DestinationPermission, "country"): _countries,
    (DestinationPermission, "purposes"): _declared("purposes"),
    (DestinationPermission, "data_categories"): _declared("data_categories"),
    (NoticeVersion, "purposes"): _declared("purposes"),
    (NoticeVersion, "recipients"): _third_parties,
    (Rule, "purposes"): _declared("purposes"),
    (Rule, "jurisdictions"): _places,
    (Rule, "controllers"): _declared("controllers"),
    (Rule, "notice"): _declared("notices"),
    (Rule, "data_categories"): _declared("data_categories"),
    (Rule, "transfer_countries"): _transfers,
    (RegisteredProperty, "property"): _resource_properties,
    (RuleCondition, "property"): _declared("properties"),
    (Rule, "signals"): _listed("rule", "signals"),
}
