"""What the tables of the law refuse: the form says it in plain words, and so does the database."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from consent.policies.models import (
    LAW_ROWS,
    AgeLimit,
    Clock,
    ConsentDefault,
    Duty,
    Jurisdiction,
    LawRow,
    Practice,
    Statute,
)

pytestmark = pytest.mark.django_db

SAID: dict[str, Any] = {
    "jurisdiction_id": "DE",
    "effective_from": date(2020, 1, 1),
    "citation": "Act 1",
    "sources": "The act itself",
    "confidence": "seen",
}
GOOD: dict[type[models.Model], dict[str, Any]] = {
    Jurisdiction: {"code": "US-CA", "title": "California", "parent_id": "US"},
    Statute: {**SAID, "title": "The act", "rights": ["access"], "free_requests": 2},
    Clock: {
        **SAID,
        "kind": "respond",
        "within": 1,
        "unit": "months",
        "counting": "eu_month",
        "extension_notice_within": 1,
        "decline_notice_within": 1,
    },
    AgeLimit: {**SAID, "topic": "digital_consent", "under": 16, "needs": "guardian"},
    ConsentDefault: {**SAID, "topic": "advertising", "demand": "opt_in", "also_accepted": ["contract"]},
    Duty: {**SAID, "kind": "opt_out_signal"},
    Practice: {**SAID, "kind": "validity", "topic": "any", "months": 13},
}
FOR_ALL: list[tuple[str, dict[str, Any]]] = [
    ("citation_written", {"citation": " "}),
    ("sources_written", {"sources": ""}),
    ("sources_written", {"sources": " \n "}),
    ("confidence_known", {"confidence": "sure"}),
    ("ends_after_it_begins", {"effective_until": date(2019, 12, 31)}),
]
BAD: list[tuple[type[models.Model], str, dict[str, Any]]] = [
    *((model, f"{model._meta.model_name}_{name}", bad) for model in LAW_ROWS for name, bad in FOR_ALL),
    (Jurisdiction, "jurisdiction_code_known", {"code": "UK", "parent_id": None}),
    (Jurisdiction, "jurisdiction_code_known", {"code": "US-ZZ"}),
    (Jurisdiction, "jurisdiction_code_known", {"code": "us-ca"}),
    (Jurisdiction, "jurisdiction_title_written", {"title": " "}),
    (Jurisdiction, "jurisdiction_parent_is_its_country", {"parent_id": None}),
    (Jurisdiction, "jurisdiction_parent_is_its_country", {"parent_id": "DE"}),
    (Jurisdiction, "jurisdiction_parent_is_its_country", {"code": "FR"}),
    (Jurisdiction, "jurisdiction_groups_known", {"groups": ["EU"]}),
    (Jurisdiction, "jurisdiction_groups_known", {"code": "FR", "parent_id": None, "groups": ["NATO"]}),
    (Jurisdiction, "jurisdiction_groups_known", {"code": "EEA", "parent_id": None, "groups": ["EU"]}),
    (Statute, "statute_title_written", {"title": " "}),
    (Statute, "statute_rights_known", {"rights": ["access", "vote"]}),
    (Statute, "statute_free_requests_in_range", {"free_requests": 0}),
    (Clock, "clock_kind_known", {"kind": "tea"}),
    (Clock, "clock_within_in_range", {"within": 0}),
    (Clock, "clock_extension_in_range", {"extension": 1001}),
    (Clock, "clock_extension_notice_within_in_range", {"extension_notice_within": 0}),
    (Clock, "clock_decline_notice_within_in_range", {"decline_notice_within": 0}),
    (Clock, "clock_counted_in_its_unit", {"unit": "calendar_days"}),
    (Clock, "clock_counted_in_its_unit", {"unit": ""}),
    (Clock, "clock_counted_in_its_unit", {"within": None}),
    (Clock, "clock_counted_in_its_unit", {"counting": "without_delay"}),
    (Clock, "clock_counted_in_its_unit", {"counting": "by_moon"}),
    (Clock, "clock_extended_in_one_way", {"extension": 2, "open_extension": True}),
    (AgeLimit, "agelimit_topic_known", {"topic": "driving"}),
    (AgeLimit, "agelimit_needs_known", {"needs": "luck"}),
    (AgeLimit, "agelimit_under_in_range", {"under": 0}),
    (AgeLimit, "agelimit_under_in_range", {"under": 200}),
    (ConsentDefault, "consentdefault_topic_known", {"topic": "any"}),
    (ConsentDefault, "consentdefault_demand_known", {"demand": "maybe"}),
    (ConsentDefault, "consentdefault_accepts_known_bases", {"also_accepted": ["habit"]}),
    (Duty, "duty_kind_known", {"kind": "dance"}),
    (Practice, "practice_kind_known", {"kind": "habit"}),
    (Practice, "practice_topic_known", {"topic": "driving"}),
    (Practice, "practice_months_in_range", {"months": 0}),
]


@pytest.fixture(autouse=True)
def places() -> None:
    for code, title in (("DE", "Germany"), ("US", "United States")):
        Jurisdiction.objects.create(code=code, title=title)


def constraint(model: type[models.Model], name: str) -> Any:
    return next(one for one in model._meta.constraints if one.name == name)


@pytest.mark.parametrize("model", GOOD)
def test_a_good_row_is_taken(model: type[models.Model]) -> None:
    row = model(**GOOD[model])

    row.full_clean()
    row.save(force_insert=True)


@pytest.mark.parametrize(("model", "name", "bad"), BAD, ids=lambda one: one if isinstance(one, str) else "")
def test_a_bad_row_is_refused_by_the_form_and_by_the_database(
    model: type[models.Model], name: str, bad: dict[str, Any]
) -> None:
    row = model(**{**GOOD[model], **bad})

    with pytest.raises(ValidationError):
        row.full_clean()
    with pytest.raises(ValidationError) as told:
        constraint(model, name).validate(model, row)
    assert told.value.messages == [constraint(model, name).violation_error_message]
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize("model", LAW_ROWS)
def test_two_rows_never_say_the_same_thing_from_one_day_on(model: type[LawRow]) -> None:
    model(**GOOD[model]).save(force_insert=True)
    rival = model(**{**GOOD[model], "citation": "Act 2"})

    with pytest.raises(ValidationError, match="Another row says the same thing from that day on"):
        rival.full_clean()
    with pytest.raises(IntegrityError, match="begins_once"), transaction.atomic():
        rival.save(force_insert=True)

    amended = model(**{**GOOD[model], "effective_from": date(2026, 7, 1)})
    amended.full_clean()
    amended.save(force_insert=True)


def test_every_constraint_has_a_bad_row_and_says_what_is_wrong_in_words() -> None:
    names = {name for _, name, _ in BAD}
    for model in GOOD:
        for one in model._meta.constraints:
            assert one.name in names or one.name.endswith("_begins_once")
            assert one.violation_error_message != one.default_violation_error_message
