"""The data map as one YAML document: its form, and what it leaves out because nothing was said. Pure."""

import re
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from consent.requests.types import Masking, OnErasure, SystemKind
from consent.subjects.types import IdentifierKind

VERSION = 1
_SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}$"
SLUG = re.compile(_SLUG)
Text = Annotated[str, Meta(max_length=200)]
Ground = Annotated[str, Meta(max_length=300)]
Name = Annotated[str, Meta(min_length=1, max_length=128)]


class FieldEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One field of a dataset."""

    category: Annotated[
        str, Meta(description="The data category, as policies name it.", min_length=1, max_length=64)
    ]
    title: Annotated[Text, Meta(description="What people call it.")] = ""
    identifier: Annotated[
        IdentifierKind | None, Meta(description="Which identifier of a person it holds.")
    ] = None
    masking: Annotated[Masking, Meta(description="What becomes of it where a row is erased and stays.")] = (
        Masking.NULL
    )
    replacement: Annotated[Text, Meta(description="Of `replace`: what it is overwritten with.")] = ""
    keep_ground: Annotated[Ground, Meta(description="Of `keep`: the law that asks for it.")] = ""
    third_party: Annotated[
        bool, Meta(description="It tells of somebody else, and is hidden from an access package.")
    ] = False
    free_text: Annotated[
        bool, Meta(description="Written by people: addresses and numbers of others in it are hidden.")
    ] = False
    derived: Annotated[
        bool, Meta(description="Worked out from other data, not given or observed: not portable.")
    ] = False
    in_access: Annotated[bool, Meta(description="Whether an access package holds it.")] = True


class ReferenceEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """How a row belongs to a person: one of its fields names a row of another dataset."""

    field: Annotated[Name, Meta(description="The field of this dataset.")]
    to: Annotated[Text, Meta(description="The other dataset, of the same system.")]
    to_field: Annotated[Name, Meta(description="Its field.")]


class DatasetEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """A table, a kind of file, or a kind of record."""

    title: Annotated[Text, Meta(description="What people call it.", min_length=1)]
    purposes: Annotated[list[Text], Meta(description="What it is used for, by the purposes' slugs.")] = []
    retention: Annotated[Text, Meta(description="How long rows are kept, in words.")] = ""
    key_fields: Annotated[
        list[Name], Meta(description="Fields that tell rows apart; empty: the primary key.")
    ] = []
    on_erasure: Annotated[OnErasure, Meta(description="What becomes of a person's rows.")] = OnErasure.DELETE
    keep_ground: Annotated[Ground, Meta(description="Of `keep`: the law that asks for it.")] = ""
    derived: Annotated[
        bool, Meta(description="Worked out from other data, not given or observed: not portable.")
    ] = False
    in_access: Annotated[bool, Meta(description="Whether an access package holds it.")] = True
    fields: Annotated[dict[Name, FieldEntry], Meta(description="By name, as the system calls them.")] = {}
    references: Annotated[list[ReferenceEntry], Meta(description="To datasets of the same system.")] = []


class SystemEntry(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """One system that holds data about people. Its secret is never here: it is entered in the admin."""

    title: Annotated[Text, Meta(description="What people call it.", min_length=1)]
    kind: Annotated[SystemKind, Meta(description="How it is reached.")]
    connection: Annotated[
        str,
        Meta(
            description="Of a database: its name in ACCORDANT_SYSTEMS.",
            max_length=64,
            pattern=r"^([a-z][a-z0-9_]*)?$",
        ),
    ] = ""
    settings: Annotated[dict[str, Any], Meta(description="What its kind asks for. No secret.")] = {}
    order: Annotated[int, Meta(description="Smaller ones are erased first.", ge=0, le=32_767)] = 100
    owner: Annotated[Text, Meta(description="Who answers for it.")] = ""
    instructions: Annotated[str, Meta(description="Of a human task: what to do.", max_length=10_000)] = ""
    backup_days: Annotated[
        Annotated[int, Meta(ge=0, le=32_767)] | None,
        Meta(description="After so many days no backup holds what was erased."),
    ] = None
    answers_within_hours: Annotated[int, Meta(description="Then somebody has to look.", ge=1, le=87_600)] = 72
    enabled: Annotated[bool, Meta(description="Whether requests reach it.")] = True
    datasets: Annotated[dict[Text, DatasetEntry], Meta(description="By name, as the system calls them.")] = {}


class DataMap(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The data map: which systems hold what about people, whose rows are whose, and what becomes of them."""

    version: Annotated[int, Meta(description="Of this form of document: 1.", ge=VERSION, le=VERSION)]
    systems: Annotated[
        dict[Annotated[str, Meta(pattern=_SLUG)], SystemEntry],
        Meta(description="By slug: small letters, digits, `-` and `_`."),
    ]


@cache
def load_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document."""
    return msgspec.json.schema(DataMap)
