"""Mapping files: what they say, and every fault with its path."""

# ruff: noqa: E501 - a table reads by the row

from zoneinfo import ZoneInfo

import pytest

from consent.records.adapters.mapping import read_mapping
from consent.records.adapters.types import MalformedMapping
from consent.records.types import Choice
from consent.subjects.types import IdentifierKind

WHOLE = """
schema: accordant/import-mapping/1
identifiers: {traits.email: email}
purposes: {Ads: advertising, Mail: [marketing.email, marketing.sms], "1": "*"}
not_ours: [Functional]
no_means: opted_out
unmapped_no: "*"
controller: acme
notice: privacy
notice_version: 3
method: cmp_dialog
form: banner-2026
time_zone: Europe/Berlin
columns: {choice: said}
values: {yes: granted, no: refused, "0": refused}
defaults: {purpose: marketing.email}
"""


def test_a_mapping_says_what_a_sources_names_stand_for() -> None:
    mapping = read_mapping(WHOLE)

    assert mapping.identifiers == {"traits.email": IdentifierKind.EMAIL}
    assert mapping.purposes == {
        "Ads": ("advertising",),
        "Mail": ("marketing.email", "marketing.sms"),
        "1": ("*",),
    }
    assert (mapping.no_means, mapping.unmapped_no) == (Choice.OPTED_OUT, "*")
    assert mapping.claims["notice_version"] == 3
    assert mapping.time_zone == ZoneInfo("Europe/Berlin")
    assert mapping.values["no"] is Choice.REFUSED  # YAML 1.1 would have read a boolean


def test_what_a_mapping_leaves_open_is_the_careful_choice() -> None:
    mapping = read_mapping("schema: accordant/import-mapping/1\nidentifiers: {userId: user_id}")

    assert (mapping.no_means, mapping.unmapped_no) == (Choice.REFUSED, None)
    assert not mapping.purposes
    assert mapping.time_zone is None


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("accordant/import-mapping/1", "2", "schema: expected `accordant/import-mapping/1`"),
        ("identifiers:", "identifers:", "identifiers: missing"),
        ("identifiers:", "identifers:", "identifers: unknown field; one of schema, identifiers, "),
        ("traits.email: email", "traits.email: e-mail", 'identifiers["traits.email"]: expected one of customer_id'),
        ("Ads: advertising", "Ads: Advertising!", "purposes.Ads: expected a purpose, or a list of purposes"),
        ("Ads: advertising", "Ads: []", "purposes.Ads: expected a purpose"),
        ("no_means: opted_out", "no_means: granted", "no_means: expected one of refused, opted_out"),
        ("no_means: opted_out", "no_means: false", "no_means: expected one of refused"),
        ('unmapped_no: "*"', "unmapped_no: granted!", "unmapped_no: expected `fault`, a purpose, or `*`"),
        ("notice: privacy\n", "", "notice: a notice and its version are given together"),
        ("notice_version: 3", "notice_version: 0", "notice_version: expected a whole number from 1"),
        ("Europe/Berlin", "Mars/Olympus", "time_zone: no such time zone"),
        ("Europe/Berlin", "../../etc/passwd", "time_zone: no such time zone"),
        ("not_ours: [Functional]", "not_ours: [Ads]", "not_ours[0]: stands under purposes too"),
        ("{choice: said}", "{chioce: said}", "columns.chioce: unknown field; one of choice, purpose"),
        ("yes: granted", "yes: invalidated", "values.yes: expected one of granted"),
        ("defaults: {purpose: marketing.email}", "defaults: {choice: granted}", "defaults.choice: expected one of refused"),
        ("no_means: opted_out", "no_means: opted_out\nno_means: refused", "stands twice in one mapping"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_path(old: str, new: str, fault: str) -> None:
    assert old in WHOLE

    with pytest.raises(MalformedMapping) as refused:
        read_mapping(WHOLE.replace(old, new))

    assert any(one.startswith(fault) or fault in one for one in refused.value.faults), refused.value.faults


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(MalformedMapping) as refused:
        read_mapping(WHOLE.replace("opted_out", "maybe").replace("Berlin", "Atlantis"))

    assert len(refused.value.faults) == 2


@pytest.mark.parametrize("text", ["", "[]", "{", "schema: [", "\x00"])
def test_what_is_no_mapping_is_refused(text: str) -> None:
    with pytest.raises(MalformedMapping):
        read_mapping(text)
