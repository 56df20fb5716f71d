"""The search over all pages: it finds pages and things, never people, and keeps what was typed to itself."""

import logging
from typing import Any

import pytest

from tests.lists_world import SEARCH, VIEW_LAW, make_jurisdiction, make_officer, make_view
from tests.workspace_world import make_request

pytestmark = pytest.mark.django_db


def search(client: Any, words: str, **more: str) -> str:
    answer = client.post(SEARCH, {"words": words, **more})
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def test_pages_things_and_views_are_found_by_those_who_may_see_them() -> None:
    make_jurisdiction("AT", "Atlantis")
    make_request(reference="R-0001-7K3F")
    client = make_officer("ada", VIEW_LAW, "view_request")
    make_view("ada", name="Atlantic only")

    assert "Atlantic only" in search(client, "atlant")
    assert "Atlantis" in search(client, "atlant")
    assert "R-0001-7K3F" in search(client, "r-0001")
    assert "/admin/consent_requests/request/calendar/" in search(client, "calendar")


def test_nothing_is_found_that_the_officer_may_not_see() -> None:
    make_jurisdiction("AT", "Atlantis")
    make_request(reference="R-0001-7K3F")
    client = make_officer("ada")

    for words in ("atlantis", "r-0001", "calendar", "checkpoints"):
        assert "Nothing is called so" in search(client, words)


def test_what_looks_like_a_person_is_not_looked_for_not_repeated_and_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = make_officer("ada", VIEW_LAW)

    with caplog.at_level(logging.DEBUG):
        for words in ("ann@example.com", "+49 170 1234567"):
            text = search(client, words)
            assert "what a person is known by" in text
            assert words not in text
    assert "ann@example.com" not in caplog.text
    assert "1234567" not in caplog.text


def test_words_are_never_taken_from_an_address() -> None:
    assert make_officer("ada", VIEW_LAW).get(f"{SEARCH}?s=ann&extended=1").status_code == 405


def test_strangers_are_sent_to_log_in(client: Any) -> None:
    answer = client.post(SEARCH, {"words": "atlantis"})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "words", ["", "\x00", "%", "'", "x" * 5000, "<script>alert(1)</script>", "\u202e", "{{ 1 }}"]
)
@pytest.mark.parametrize("begin", ["0", "-1", "x", "99999999999999999999", "\u0661"])
def test_whatever_is_typed_is_answered(words: str, begin: str) -> None:
    text = search(make_officer("ada", VIEW_LAW), words, begin=begin)

    assert "<script>alert" not in text


def test_more_than_a_part_is_asked_for_in_parts() -> None:
    client = make_officer("ada", "view_request", "view_lineage", "view_leaf", VIEW_LAW)

    first = search(client, "e")
    assert "data-next" in first or first.count("<li>") < 20
