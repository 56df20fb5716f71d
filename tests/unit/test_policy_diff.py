"""What a comparison says: in which section, in which words, and which way it goes."""

from typing import Any

import pytest

from consent.policies.diff.comparing import compare
from consent.policies.diff.printing import as_values, marked, write_text
from consent.policies.diff.text_changes import compare_texts
from consent.policies.diff.types import Comparison, Direction, Effect, Kind
from tests.diff_world import list_edits, make_dense
from tests.policy_documents import Document, make_document, read_retailer, remove, spoil

NARROWER, WIDER, BOTH, WORDING = Direction.NARROWER, Direction.WIDER, Direction.BOTH, Direction.WORDING
RETAILER = read_retailer()
ADS = next(number for number, rule in enumerate(RETAILER["rules"]) if rule["id"] == "ads-consent")


def effects(comparison: Comparison) -> list[Effect]:
    return [effect for one in comparison.sections for entry in one.entries for effect in entry.effects]


def told(comparison: Comparison) -> list[tuple[Direction, str]]:
    return [(effect.direction, effect.words) for effect in effects(comparison)]


def edited(*steps: str | int, value: object) -> Comparison:
    return compare(RETAILER, spoil(RETAILER, *steps, value=value))


def test_the_same_text_has_no_differences() -> None:
    comparison = compare(RETAILER, read_retailer())

    assert comparison.is_empty
    assert comparison.words == "The texts are the same."
    assert comparison.direction is WORDING


PLACES = "European Union, United Kingdom and Brazil"
ADVERTISING = "“Advertising on other sites”"
RULE_CHANGES: list[tuple[str, object, Direction, str]] = [
    ("basis", "opt_out", WIDER, f"Without a no, people in {PLACES} may now be included in {ADVERTISING}:"),
    ("basis", "contract", BOTH, f"In {PLACES}, {ADVERTISING} may now reach people with a contract"),
    ("validity", "P6M", NARROWER, "A yes lasts 6 months; before, 13 months."),
    ("validity", "P2Y1M", WIDER, "A yes lasts 25 months; before, 13 months."),
    ("notice", {"key": "privacy", "oldest_version": 3}, NARROWER,
     "A yes given on version 2 of Privacy notice no longer counts: these people must be asked again."),
    ("notice", {"key": "privacy", "oldest_version": 1}, WIDER,
     "A yes given on version 1 of Privacy notice now counts too."),
    ("age", {"unknown": "accept", "bands": [{"under": 21, "effect": "barred"}]}, NARROWER,
     "For people of 18 to 20: nobody may be included; before, the rule's own basis holds."),
    ("age", {"unknown": "deny", "bands": [{"under": 18, "effect": "barred"}]}, NARROWER,
     "For people whose age is not known: nobody may be included; before, the rule's own"),
    ("transfer_countries", ["EU", "GB", "US", "BR"], WIDER, "Data may now go to Brazil too."),
    ("transfer_countries", ["*"], WIDER, "Data may go to any country; before, to European Union"),
    ("double_opt_in", True, BOTH, "A yes now counts only once it was confirmed. Where a later yes was not"),
    ("obligations", {"mask": {"email": "sha256"}}, WIDER, "phone is now sent as it is; before, left out."),
    ("assessment", "DPIA-2", WORDING, "It rests on the assessment DPIA-2; before, DPIA-2026-01."),
    ("signals", [], WIDER, "A browser's opt-out signal (Global Privacy Control) is no longer honoured."),
    ("unknown_subject", "deny", WORDING, "The default for unknown subject is stated; nothing changes."),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value", "direction", "words"), RULE_CHANGES)
def test_a_rules_field_is_told_in_words_with_its_direction(
    field: str, value: object, direction: Direction, words: str
) -> None:
    (effect,) = effects(edited("rules", ADS, field, value=value))

    assert effect.direction is direction
    assert effect.words.startswith(words)


@pytest.mark.parametrize("before", ["P12M", "P1M", "P1Y"])
def test_a_validity_in_days_is_not_said_to_be_longer_or_shorter_where_that_depends_on_the_month(
    before: str,
) -> None:
    document = spoil(RETAILER, "rules", ADS, "validity", value=before)
    near = {"P12M": "P365D", "P1M": "P30D", "P1Y": "P52W"}[before]

    comparison = compare(document, spoil(document, "rules", ADS, "validity", value=near))

    assert comparison.direction is Direction.UNCLEAR


def test_a_recipient_put_into_a_notice_that_people_have_read_stands_out() -> None:
    comparison = edited("notices", "privacy", "versions", "1", "recipients", value=["meridian_ads"])

    assert [(effect.direction, effect.is_grave) for effect in effects(comparison)] == [(WIDER, True)]
    assert "people who saw version 1 were not told of Meridian Ads" in effects(comparison)[0].words


def test_a_notices_text_is_told_word_by_word() -> None:
    comparison = edited("notices", "privacy", "versions", "3", "texts", "en", value="Another text.\n")

    (effect,), (change,) = effects(comparison), comparison.sections[0].entries[0].texts
    assert effect.is_grave
    assert change.path == "notices.privacy.versions.3.texts.en"
    assert "".join(piece.text for piece in change.pieces if piece.mark != "removed") == "Another text.\n"


def test_a_new_notice_version_is_told_against_the_one_before_it() -> None:
    newest = RETAILER["notices"]["privacy"]["versions"]["3"]
    text = newest["texts"]["en"].replace("Two shops", "Three shops")
    added = {**newest, "published_at": "2026-01-01T00:00:00Z", "texts": {"en": text}}

    comparison = edited("notices", "privacy", "versions", "4", value=added)

    assert told(comparison) == [(WIDER, "Version 4 is new: a yes given on it covers Meridian Ads.")]
    pieces = comparison.sections[0].entries[0].texts[0].pieces
    assert [piece.text for piece in pieces if piece.mark == "added"] == ["Three"]


def test_a_recipient_gains_a_purpose_and_data() -> None:
    purposes = edited("destinations", "orbit_features", "purposes", value=[
        *RETAILER["destinations"]["orbit_features"]["purposes"], "profiling.recommendations",
    ])  # fmt: skip
    data = edited("destinations", "orbit_features", "data_categories", value=[
        *RETAILER["destinations"]["orbit_features"]["data_categories"], "behaviour.browsing",
    ])  # fmt: skip

    assert told(purposes) == [(WIDER, "It may now receive data for “Recommendations” too.")]
    assert [direction for direction, _ in told(data)] == [WIDER, NARROWER]
    assert "Pages looked at in the shop too" in effects(data)[0].words


def test_a_purpose_is_retired() -> None:
    comparison = edited("purposes", "marketing.email", "status", value="retired")

    assert told(comparison) == [
        (NARROWER, "The purpose is retired: everything that is asked for it is denied.")
    ]


def test_a_rule_comes_goes_and_is_renamed() -> None:
    without = remove(RETAILER, "rules", ADS)
    renamed = spoil(RETAILER, "rules", ADS, "id", value="ads-by-consent")

    gone, came = compare(RETAILER, without), compare(without, RETAILER)
    assert [entry.kind for one in gone.sections for entry in one.entries] == [Kind.REMOVED]
    assert gone.direction is NARROWER
    assert (
        f"“Advertising on other sites” in {PLACES} has no rule any more and is denied."
        in effects(gone)[0].words
    )
    assert came.direction is WIDER
    assert f"in {PLACES} had no rule and was denied" in effects(came)[0].words
    assert compare(RETAILER, renamed).direction is WORDING


def test_a_stricter_rule_for_one_country_narrows() -> None:
    strict = {**RETAILER["rules"][ADS], "id": "ads-de", "jurisdictions": ["DE"], "validity": "P3M"}
    after: Document = {**RETAILER, "rules": [*RETAILER["rules"], strict]}
    after = spoil(after, "jurisdictions", "DE", value={"title": "Germany"})

    comparison = compare(RETAILER, after)

    assert comparison.direction is NARROWER
    assert "in Germany follows the rule ads-de in place of ads-consent" in effects(comparison)[0].words


def reordered(value: Any) -> Any:
    """Return `value` with every list the other way round, but for ages, which go from youngest to oldest."""
    if isinstance(value, dict):
        return {name: one if name == "bands" else reordered(one) for name, one in value.items()}
    return [reordered(one) for one in reversed(value)] if isinstance(value, list) else value


@pytest.mark.parametrize("document", [RETAILER, make_document(), make_dense()])
def test_another_order_is_wording(document: Document) -> None:
    comparison = compare(document, reordered(document))

    assert not comparison.is_empty
    assert {effect.direction for effect in effects(comparison)} == {WORDING}
    assert all("order" in effect.words for effect in effects(comparison))


@pytest.mark.parametrize("document", [RETAILER, make_dense()])
def test_titles_are_wording(document: Document) -> None:
    def retitled(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: "Another" if name == "title" else retitled(one) for name, one in value.items()}
        return [retitled(one) for one in value] if isinstance(value, list) else value

    assert compare(document, retitled(document)).direction is WORDING


def test_every_difference_is_told_in_a_sentence_and_with_its_field() -> None:
    document = make_dense()
    for edit in list_edits(document)[::3]:
        comparison = compare(document, edit.after)
        assert not comparison.is_empty, edit.name
        for section in comparison.sections:
            for entry in section.entries:
                assert entry.effects, edit.name
                assert entry.changes or entry.texts, edit.name
                assert all(
                    one.words.endswith((".", "?")) and "None" not in one.words for one in entry.effects
                )
        assert as_values(comparison)["words"] in write_text(comparison)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("We use it.", "We use it.", "We use it."),
        ("We use your data.\nBye.\n", "We sell your data.\nBye.\n", "We [-use-]{+sell+} your data.\nBye.\n"),
        ("One.\n", "One.\nTwo.\n", "One.\n{+Two.\n+}"),
        ("", "New", "{+New+}"),
    ],
)
def test_texts_are_compared_word_by_word(before: str, after: str, shown: str) -> None:
    assert marked(compare_texts(before, after)) == shown


def test_a_long_text_is_compared_in_bounded_time() -> None:
    before, after = "a b " * 25_000, "b c " * 25_000

    pieces = compare_texts(before, after)

    assert "".join(piece.text for piece in pieces if piece.mark != "added") == before
    assert "".join(piece.text for piece in pieces if piece.mark != "removed") == after
