"""The preference centre before any policy is in force."""

import pytest

from tests.preference_pages_world import CHOICES, come_in, text_of

pytestmark = pytest.mark.django_db


def test_without_a_policy_the_page_is_calm() -> None:
    page = come_in().get(CHOICES)

    assert page.status_code == 200
    assert "There is nothing to choose at the moment." in text_of(page)
    assert come_in().post(CHOICES, {"yes": "a b"}, follow=True).status_code == 200
    assert come_in().get(f"{CHOICES}history/").status_code == 200
