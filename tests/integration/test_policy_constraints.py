"""Django's validation and the database's constraints agree on every row that a policy is made of."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.db.models import Model

from consent.policies.models import (
    Acknowledgement,
    AgeBand,
    Controller,
    DataCategory,
    DestinationPermission,
    Notice,
    NoticeText,
    NoticeVersion,
    PolicyJurisdiction,
    PolicyStep,
    PolicyVersion,
    Purpose,
    RegisteredProperty,
    RequestProperty,
    Rule,
    RuleCondition,
    RuleObligation,
    Simulation,
)
from consent.policies.models.part import Part
from tests.policy_officers import FEB_1, JAN_1, make_approved, make_draft, make_officer, make_published

pytestmark = pytest.mark.django_db

TEXT = "{}"
DIGEST = f"sha256:{sha256(TEXT.encode()).hexdigest()}"
OTHER_DIGEST = "sha256:" + "0" * 64
MILLISECOND = timedelta(milliseconds=1)


def of_version(model: type[Model], **fields: object) -> Callable[[], Model]:
    return lambda: model(version_id=make_draft().version_id, **fields)


def of_rule(model: type[Model], **fields: object) -> Callable[[], Model]:
    return lambda: model(rule=Rule.objects.get(version_id=make_draft().version_id, slug="orders"), **fields)


def of_destination(model: type[Model], **fields: object) -> Callable[[], Model]:
    return lambda: model(
        destination=DestinationPermission.objects.get(version_id=make_draft().version_id, slug="mailer"),
        **fields,
    )


def notice_version() -> NoticeVersion:
    notice = Notice.objects.get(version_id=make_draft().version_id)
    return NoticeVersion(notice=notice, number=3, published_at=FEB_1)


def notice_text() -> NoticeText:
    edition = NoticeVersion.objects.get(notice__version_id=make_draft().version_id, number=2)
    return NoticeText(notice_version=edition, language="pt-BR", text="O que fazemos.", digest=DIGEST)


def version() -> PolicyVersion:
    alice = make_officer("alice")
    return PolicyVersion(key="new", version=1, title="New", document=TEXT, digest=DIGEST, author=alice)


def self_approved() -> PolicyVersion:
    """Return a version of which no step says who wrote it, approved by its author."""
    row = version()
    row.save()
    PolicyVersion.objects.filter(pk=row.pk).update(status="in_review")
    simulation = Simulation.objects.create(
        version=row, digest=DIGEST, figures=TEXT, figures_digest=DIGEST, simulated_at=JAN_1
    )
    row.status, row.approver, row.approved_at = "approved", row.author, JAN_1
    row.confirmed_digest, row.simulation = DIGEST, simulation
    return row


def at_the_same_time() -> PolicyVersion:
    """Return an approved version, to be published for the time at which another takes effect."""
    make_published(FEB_1)
    row = PolicyVersion.objects.get(pk=make_approved().version_id)
    row.status, row.published_at, row.effective_at = "published", JAN_1, FEB_1
    return row


def step() -> PolicyStep:
    draft = make_draft()
    return PolicyStep(version_id=draft.version_id, kind="edited", digest=draft.digest, taken_at=JAN_1)


def acknowledgement() -> Acknowledgement:
    return Acknowledgement(
        version_id=make_draft().version_id,
        warning_key="rules.x",
        message="Laxer.",
        reason="Because.",
        officer=make_officer("alice"),
        acknowledged_at=JAN_1,
    )


def acknowledged_again() -> Acknowledgement:
    first, again = acknowledgement(), acknowledgement()
    first.version_id = again.version_id
    first.save()
    return again


def simulation() -> Simulation:
    draft = make_draft()
    return Simulation(
        version_id=draft.version_id,
        digest=draft.digest,
        figures=TEXT,
        figures_digest=DIGEST,
        simulated_at=JAN_1,
    )


GOOD: Mapping[type[Model], Callable[[], Model]] = {
    Controller: of_version(Controller, slug="new", title="New"),
    PolicyJurisdiction: of_version(PolicyJurisdiction, code="US-CA", title="California"),
    DataCategory: of_version(DataCategory, slug="new", title="New", data_category="user.name"),
    Purpose: of_version(
        Purpose, slug="new.one", title="New", description="For\nthis.", data_use="improve", status="active"
    ),
    DestinationPermission: of_version(
        DestinationPermission, slug="new", title="New", kind="file", role="processor", country="DE"
    ),
    Notice: of_version(Notice, slug="new", title="New"),
    NoticeVersion: notice_version,
    NoticeText: notice_text,
    Rule: of_version(Rule, slug="new", basis="consent", validity="P1Y6M"),
    AgeBand: of_rule(AgeBand, under=16, effect="guardian"),
    RequestProperty: of_version(
        RequestProperty, name="resource.new", title="New", type="text", values=["a", "b"]
    ),
    RegisteredProperty: of_destination(RegisteredProperty, property="resource.new", value="a"),
    RuleCondition: of_rule(RuleCondition, property="subject.tier", operator="eq", value="gold"),
    RuleObligation: of_rule(RuleObligation, treatment="mask", column="email", value="sha256"),
    PolicyVersion: version,
    PolicyStep: step,
    Acknowledgement: acknowledgement,
    Simulation: simulation,
}
"""A row that both accept."""

CASES: Mapping[str, list[tuple[str, dict[str, Any]] | Callable[[], Model]]] = {
    "controller_once": [("slug", {"slug": "shop"})],
    "controller_slug_well_formed": [("slug", {"slug": slug}) for slug in ("Shop", "1st", "a b", "a\n")],
    "controller_title_one_line": [("title", {"title": title}) for title in (" ", "a\nb", "a\n")],
    "policyjurisdiction_once": [("code", {"code": "EU"})],
    "policyjurisdiction_code_well_formed": [("code", {"code": code}) for code in ("de", "U", "US_CA", "US-")],
    "policyjurisdiction_title_one_line": [("title", {"title": "\t"})],
    "datacategory_once": [("slug", {"slug": "contact.email"})],
    "datacategory_slug_well_formed": [("slug", {"slug": slug}) for slug in ("a..b", "a.", "A", "a-b")],
    "datacategory_data_category_well_formed": [("data_category", {"data_category": "User"})],
    "datacategory_title_one_line": [("title", {"title": "\r"})],
    "purpose_once": [("slug", {"slug": "marketing.email"})],
    "purpose_slug_well_formed": [("slug", {"slug": slug}) for slug in (".a", "a b", "a.1", "É")],
    "purpose_data_use_well_formed": [("data_use", {"data_use": "e-mail"})],
    "purpose_dpv_well_formed": [("dpv", {"dpv": dpv}) for dpv in ("dpv:Marketing", "http://w3id.org/dpv#X")],
    "purpose_description_well_formed": [("description", {"description": " \n "})],
    "purpose_status_known": [("status", {"status": "asleep"})],
    "purpose_title_one_line": [("title", {"title": "a\r\nb"})],
    "destinationpermission_once": [("slug", {"slug": "ads"})],
    "destinationpermission_slug_well_formed": [("slug", {"slug": "Ads"})],
    "destinationpermission_country_well_formed": [("country", {"country": one}) for one in ("de", "D")],
    "destinationpermission_kind_known": [("kind", {"kind": "pigeon"})],
    "destinationpermission_role_known": [("role", {"role": "friend"})],
    "destinationpermission_title_one_line": [("title", {"title": "  "})],
    "destinationpermission_contract_one_line": [("contract", {"contract": one}) for one in (" ", "a\nb")],
    "notice_once": [("slug", {"slug": "privacy"})],
    "notice_slug_well_formed": [("slug", {"slug": "privacy.web"})],
    "notice_title_one_line": [("title", {"title": "\n"})],
    "noticeversion_once": [("number", {"number": 2})],
    "noticeversion_number_in_range": [("number", {"number": number}) for number in (0, 10_000)],
    "noticeversion_published_at_whole_seconds": [("published_at", {"published_at": FEB_1 + MILLISECOND})],
    "noticetext_once": [("language", {"language": "en"})],
    "noticetext_language_well_formed": [("language", {"language": one}) for one in ("EN", "pt_BR", "e")],
    "noticetext_text_well_formed": [("text", {"text": "\n \n"})],
    "rule_once": [("slug", {"slug": "orders"})],
    "rule_slug_well_formed": [("slug", {"slug": "Orders"})],
    "rule_basis_known": [("basis", {"basis": "hope"})],
    "rule_age_unknown_known": [("age_unknown", {"age_unknown": "allow"})],
    "rule_unknown_subject_known": [("unknown_subject", {"unknown_subject": "accept"})],
    "rule_special_condition_one_line": [("special_condition", {"special_condition": " "})],
    "rule_assessment_one_line": [("assessment", {"assessment": "LIA\n1"})],
    "rule_validity_well_formed": [("validity", {"validity": one}) for one in ("13M", "P", "PT5M", "P1.5Y")],
    "rule_notice_and_version": [
        ("oldest_notice_version", {"oldest_notice_version": 1}),
        ("oldest_notice_version", {"notice": "privacy"}),
        ("oldest_notice_version", {"notice": "privacy", "oldest_notice_version": 0}),
        ("oldest_notice_version", {"notice": "privacy", "oldest_notice_version": 10_000}),
    ],
    "ageband_once": [lambda: taken(AgeBand)],
    "ageband_effect_known": [("effect", {"effect": "ask"})],
    "ageband_under_in_range": [("under", {"under": 0}), ("under", {"under": 26})],
    "requestproperty_once": [("name", {"name": "resource.region"})],
    "requestproperty_name_well_formed": [
        ("name", {"name": one}) for one in ("region", "resource.", "person.age", "resource.1", "resource.a\n")
    ],
    "requestproperty_title_one_line": [("title", {"title": " "})],
    "requestproperty_type_known": [("type", {"type": "date", "values": []})],
    "requestproperty_values_fit": [("values", {"type": "number"}), ("values", {"type": "truth"})],
    "registeredproperty_once": [("property", {"property": "resource.region"})],
    "registeredproperty_property_well_formed": [
        ("property", {"property": one}) for one in ("region", "subject.tier", "action.level", "resource.")
    ],
    "rulecondition_property_well_formed": [
        ("property", {"property": one}) for one in ("region", "resource.", "person.age", "resource.1")
    ],
    "rulecondition_operator_known": [("operator", {"operator": "is"})],
    "ruleobligation_once": [lambda: taken(RuleObligation)],
    "ruleobligation_treatment_known": [("treatment", {"treatment": "burn", "value": ""})],
    "ruleobligation_column_well_formed": [("column", {"column": " "})],
    "ruleobligation_value_fits": [
        ("value", {"value": "md5"}),
        ("value", {"value": ""}),
        ("value", {"treatment": "drop", "value": "x"}),
        *(("value", {"treatment": "signal", "value": one}) for one in ("", "gpc", "sha256")),
    ],
    "policyversion_title_one_line": [
        (NON_FIELD_ERRORS, {"title": " "}),
        (NON_FIELD_ERRORS, {"title": "a\nb"}),
    ],
    "policyversion_number_once": [lambda: taken(PolicyVersion)],
    "policyversion_one_takes_effect_at_a_time": [at_the_same_time],
    "policyversion_numbers_from_one": [(NON_FIELD_ERRORS, {"version": 0})],
    "policyversion_digest_of_document": [(NON_FIELD_ERRORS, {"digest": OTHER_DIGEST})],
    "policyversion_author_is_not_approver": [self_approved],
    "policyversion_approval_complete": [(NON_FIELD_ERRORS, {"approved_at": JAN_1})],
    "policyversion_publication_complete": [(NON_FIELD_ERRORS, {"published_at": JAN_1})],
    "policystep_kind_known": [("kind", {"kind": "burnt"})],
    "acknowledgement_once": [acknowledged_again],
    "acknowledgement_has_reason": [(NON_FIELD_ERRORS, {"reason": " "})],
    "simulation_digest_of_figures": [(NON_FIELD_ERRORS, {"figures_digest": OTHER_DIGEST})],
}
"""By the constraint's name: the field that the message stands at and what spoils a good row; or a bad row."""

FIELD_OF = {"ageband_once": "under", "ruleobligation_once": "column"}
CONSTRAINTS = {one.name: (model, one) for model in GOOD for one in model._meta.constraints}


def taken(model: type[Model]) -> Model:
    """Return a row that says what another says already."""
    first = GOOD[model]()
    first.save()
    again = model._default_manager.get(pk=first.pk)
    again.pk, again._state.adding = None, True
    return again


def spoilt(name: str, case: tuple[str, dict[str, Any]] | Callable[[], Model]) -> tuple[Model, str]:
    """Return a bad row, and the field that the message stands at."""
    if callable(case):
        return case(), FIELD_OF.get(name, NON_FIELD_ERRORS)
    field, changes = case
    row = GOOD[CONSTRAINTS[name][0]]()
    for changed, value in changes.items():
        setattr(row, changed, value)
    return row, field


def test_every_constraint_has_a_row_that_breaks_it() -> None:
    assert set(CASES) == set(CONSTRAINTS)


def test_every_part_is_tried() -> None:
    parts = {model for model in apps.get_models() if issubclass(model, Part)}

    assert {model for model in GOOD if issubclass(model, Part)} == parts


@pytest.mark.parametrize("model", GOOD, ids=lambda model: model.__name__)
def test_a_good_row_passes_both(model: type[Model]) -> None:
    row = GOOD[model]()

    row.full_clean()
    row.save()

    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in CASES.items() for case in cases],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_both_refuse_a_bad_row_and_django_says_where(name: str, case: Any) -> None:
    row, field = spoilt(name, case)
    constraint = CONSTRAINTS[name][1]

    with pytest.raises(ValidationError) as by_form:
        row.full_clean()
    with pytest.raises(ValidationError) as by_constraint:
        row.validate_constraints()
    with pytest.raises(IntegrityError) as by_database, transaction.atomic():
        row.save()

    own = field if isinstance(row, Part) else NON_FIELD_ERRORS
    assert field in by_form.value.message_dict
    assert constraint.violation_error_message in by_constraint.value.message_dict[own]
    assert by_database.value.__cause__.diag.constraint_name == name  # type: ignore[union-attr]  # psycopg's


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (Controller, {"slug": "a" * 65}),
        (Purpose, {"title": "a" * 201}),
        (RuleObligation, {"treatment": "set", "value": "a" * 1001}),
    ],
)
def test_what_is_too_long_is_refused_by_both(model: type[Model], changes: dict[str, Any]) -> None:
    row = GOOD[model]()
    for name, value in changes.items():
        setattr(row, name, value)

    with pytest.raises(ValidationError) as by_form:
        row.full_clean()
    with pytest.raises(DataError), transaction.atomic():
        row.save()

    assert set(changes) >= set(by_form.value.message_dict)


@pytest.mark.parametrize(
    ("model", "changes"),
    [
        (RuleCondition, {"value": ""}),  # a value that a file may hold, and the form takes as ""
        (RuleCondition, {"value": []}),  # a fault that is listed before review
        (Purpose, {"data_subjects": ["a" * 65]}),  # PostgreSQL cuts what is cast to varchar(64)[]
    ],
)
def test_what_only_django_refuses_is_known(model: type[Model], changes: dict[str, Any]) -> None:
    row = GOOD[model]()
    for name, value in changes.items():
        setattr(row, name, value)

    with pytest.raises(ValidationError):
        row.full_clean()
    row.save()


def test_an_approval_that_both_accept() -> None:
    draft = make_approved()
    row = PolicyVersion.objects.get(pk=draft.version_id)
    row.status, row.published_at, row.effective_at = "published", JAN_1, FEB_1

    row.full_clean()
    row.save()
