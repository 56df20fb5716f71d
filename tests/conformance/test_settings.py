"""Settings are held against what the kind asks for; what is wrong is named, and its value never told."""

from typing import Any

import msgspec
import pytest

from activation.destinations.kinds.settings import MalformedSettings, read_settings
from consent.network.errors import DeliveryRefused
from tests.conformance.harness import Harness
from tests.conformance.rows import assert_silent

UNKNOWN = "surprising_setting"


def open_with(harness: Harness, settings: dict[str, Any]) -> None:
    read = read_settings(harness.kind, settings)
    harness.kind.open(read, harness.secrets(), harness.surroundings)


def test_valid_settings_are_read_and_come_back_the_same(harness: Harness) -> None:
    read = read_settings(harness.kind, harness.settings())

    assert read_settings(harness.kind, msgspec.to_builtins(read)) == read


def test_an_unknown_setting_is_named(harness: Harness) -> None:
    with pytest.raises(MalformedSettings, match=UNKNOWN):
        open_with(harness, {**harness.settings(), UNKNOWN: 1})


def test_a_missing_setting_is_named(harness: Harness) -> None:
    for field in msgspec.structs.fields(harness.kind.settings):
        if field.required:
            left = {name: value for name, value in harness.settings().items() if name != field.name}
            with pytest.raises(MalformedSettings, match=field.name):
                open_with(harness, left)


def test_a_setting_of_another_type_is_named(harness: Harness) -> None:
    for field in msgspec.structs.fields(harness.kind.settings):
        with pytest.raises(MalformedSettings, match=field.name):
            open_with(harness, {**harness.settings(), field.name: {"Planted-Setting-551": []}})


def test_what_makes_no_sense_is_refused_in_words(harness: Harness) -> None:
    for change, word in harness.malformed_settings():
        settings = {**harness.settings(), **change}
        settings = {name: value for name, value in settings.items() if value is not None}
        with pytest.raises((MalformedSettings, DeliveryRefused)) as refused:
            open_with(harness, settings)
        assert word in str(refused.value), (change, str(refused.value))
        assert_silent(harness, str(refused.value))


def test_every_setting_says_what_it_is(harness: Harness) -> None:
    schema = msgspec.json.schema(harness.kind.settings)
    fields = next(iter(schema["$defs"].values()))["properties"]

    assert [name for name, field in fields.items() if not field.get("description")] == []


def test_settings_that_are_no_object_are_refused(harness: Harness) -> None:
    with pytest.raises(MalformedSettings):
        read_settings(harness.kind, ["folder"])


def test_credentials_that_the_kind_does_not_know_are_refused(harness: Harness) -> None:
    assert set(harness.secrets()) <= set(harness.kind.secrets)
