"""Where rows of a draft are found in the admin."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from django.urls import reverse

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
from consent.policies.types import PolicyStatus

SECTIONS: Mapping[str, type[Model]] = {
    "controllers": Controller,
    "jurisdictions": PolicyJurisdiction,
    "data_categories": DataCategory,
    "purposes": Purpose,
    "notices": Notice,
    "properties": RequestProperty,
    "rules": Rule,
    "destinations": DestinationPermission,
}
"""The sections of a policy document, and what their entries are rows of."""

_PARENTS: Mapping[type[Model], str] = {
    NoticeVersion: "notice",
    NoticeText: "notice_version",
    RegisteredProperty: "destination",
    AgeBand: "rule",
    RuleCondition: "rule",
    RuleObligation: "rule",
}
"""What a row hangs from, where that is not the version itself."""


def version_of(row: Any) -> PolicyVersion:
    """Return the version that a row is a part of; a version is its own."""
    while not isinstance(row, PolicyVersion):
        row = parent_of(row)
    return row


def parent_of(row: Any) -> Model:
    """Return what a row hangs from."""
    parent: Model = getattr(row, _PARENTS.get(type(row), "version"))
    return parent


def is_draft(row: Any) -> bool:
    """Return whether the row can be edited: it is a part of a draft, or a draft itself."""
    return version_of(row).status == PolicyStatus.DRAFT


def page_of(row: Model) -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def tell_version(version: PolicyVersion) -> str:
    """Return what people call a version, and that it is a draft if it is one."""
    return f"{version} ({version.status.replace('_', ' ')})"


def tab_of(row: Model) -> str:
    """Return what the tab that lists the row is called on the page of what it hangs from."""
    field: Any = row._meta.get_field(_PARENTS.get(type(row), "version"))
    return str(field.remote_field.get_accessor_name())
