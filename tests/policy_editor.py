"""The editor of drafts, as a browser without scripts would use it."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.db.models import Model
from django.forms import BoundField, Textarea
from django.test import Client
from django.urls import reverse

from consent.policies.models import (
    Controller,
    DataCategory,
    DestinationPermission,
    Notice,
    NoticeVersion,
    PolicyJurisdiction,
    PolicyVersion,
    Purpose,
    RequestProperty,
    Rule,
)
from consent.policies.types import ImportedPolicy
from tests.policy_officers import make_officer

APP = "consent_policies"
PARTS = (
    "controller",
    "policyjurisdiction",
    "datacategory",
    "purpose",
    "destinationpermission",
    "registeredproperty",
    "requestproperty",
    "notice",
    "noticeversion",
    "noticetext",
    "rule",
    "ageband",
    "rulecondition",
    "ruleobligation",
)
PAGES = (
    Controller,
    PolicyJurisdiction,
    DataCategory,
    Purpose,
    RequestProperty,
    DestinationPermission,
    Notice,
    NoticeVersion,
    Rule,
)
"""The parts that have a page of their own."""
ORDINARY = ("view", "add", "change", "delete")


def sign_in_editor(client: Client, name: str = "alice", **missing: str) -> User:
    """Sign in an officer who may edit every part of a draft, but for what `missing` names by model."""
    officer = make_officer(name)
    officer.is_staff = True
    officer.save()
    held = {f"{act}_{part}" for part in (*PARTS, "policyversion") for act in ORDINARY}
    held -= {f"{act}_{part}" for part, act in missing.items()}
    officer.user_permissions.set(Permission.objects.filter(content_type__app_label=APP, codename__in=held))
    client.force_login(officer)
    return officer


def address_of(row: Model, page: str = "change") -> str:
    """Return the address of a row's page."""
    return reverse(f"admin:{APP}_{row._meta.model_name}_{page}", args=[row.pk])


def version_of(draft: ImportedPolicy) -> PolicyVersion:
    """Return the version as it stands now."""
    return PolicyVersion.objects.get(pk=draft.version_id)


def row_of(draft: ImportedPolicy, model: type[Model], **wanted: object) -> Any:
    """Return a row of the version, the first unless `wanted` says which."""
    version = "notice__version" if model is NoticeVersion else "version"
    rows = model._default_manager.filter(**{version: draft.version_id, **wanted})
    return rows.order_by("pk")[0]


def add_address(model: type[Model], **parent: int) -> str:
    """Return the address on which a row of `model` is added to `parent`."""
    query = "&".join(f"{name}={pk}" for name, pk in parent.items())
    address = reverse(f"admin:{APP}_{model._meta.model_name}_add")
    return f"{address}?{query}" if query else address


def fields_of(page: Any) -> dict[str, Any]:
    """Return what a browser would send if the officer pressed Save on the page as it is."""
    sent: dict[str, Any] = {}
    for form in _forms(page):
        for field in form:
            sent.update(_sent(field))
    return sent


def errors_of(page: Any) -> dict[str, list[str]]:
    """Return what the page says is wrong, by field; under `__all__` what concerns no field."""
    found: dict[str, list[str]] = {}
    for form in _forms(page):
        for name, errors in form.errors.items():
            found[form.add_prefix(name)] = [str(error) for error in errors]
    return found


def _forms(page: Any) -> list[Any]:
    formsets = [inline.formset for inline in page.context["inline_admin_formsets"]]
    inner = [form for formset in formsets for form in (formset.management_form, *formset.forms)]
    return [page.context["adminform"].form, *inner]


def _sent(field: BoundField) -> dict[str, Any]:
    value, widget = field.value(), field.field.widget
    if hasattr(widget, "widgets"):
        parts = value if isinstance(value, list) else widget.decompress(value)
        return {
            f"{field.html_name}{suffix}": one.format_value(part)
            for suffix, one, part in zip(widget.widgets_names, widget.widgets, parts, strict=True)
        }
    if value is None or value is False:
        return {}
    if isinstance(widget, Textarea):  # browsers drop the first line feed, and end lines with two characters
        return {field.html_name: (widget.format_value(value) or "").removeprefix("\n").replace("\n", "\r\n")}
    if getattr(widget, "allow_multiple_selected", False):
        return {field.html_name: list(value)}
    return {field.html_name: "on" if value is True else value}
