"""Views of lists that officers keep under a name."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from activation.desk.lists.identifiers import looks_like_identifier
from activation.desk.lists.models import SavedFilter
from tests.lists_world import LAW, LAW_PAGE, SAVE, VIEW_LAW, make_jurisdiction, make_officer, make_view, told

pytestmark = pytest.mark.django_db
OPEN = "/admin/activation_desk/savedfilter/{}/open/"
REMOVE = "/admin/activation_desk/savedfilter/{}/remove/"


def form(**fields: str) -> dict[str, str]:
    return {"page": LAW_PAGE, "name": "By title", "query": "o=2&p=3", **fields}


def test_a_view_is_kept_without_the_page_one_was_on_and_leads_back_to_its_list() -> None:
    ada = make_officer("ada", VIEW_LAW)

    answer = ada.post(SAVE, form(), follow=True)

    view = SavedFilter.objects.get()
    assert (view.query, view.is_shared, view.owner.username) == ("o=2", False, "ada")
    assert "Saved as By title." in told(answer)
    assert ada.get(OPEN.format(view.pk))["Location"] == f"{LAW}?o=2"
    assert 'aria-current="true"' in ada.get(f"{LAW}?o=2").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "q=ann",
        "q=ann%40example.com&o=2",
        "title=Ann",
        "o=ann%40example.com",
        "",
        "p=2",
        "no_such_filter=1",
        "o=1&o=%2B491701234567",
    ],
)
def test_a_search_a_stray_field_or_an_identifier_is_never_kept(query: str) -> None:
    answer = make_officer("ada", VIEW_LAW).post(SAVE, form(query=query), follow=True)

    assert not SavedFilter.objects.exists()
    assert "The view is not saved." in told(answer)
    assert "ann" not in answer.redirect_chain[-1][0]
    assert "ann@" not in told(answer)


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "ann@example.com", "a\x07b"])
def test_a_name_that_is_none_or_names_a_person_is_refused(name: str) -> None:
    answer = make_officer("ada", VIEW_LAW).post(SAVE, form(name=name), follow=True)

    assert "Give the view a name" in told(answer)
    assert not SavedFilter.objects.exists()


def test_one_officer_has_one_view_of_a_name_on_a_list() -> None:
    ada = make_officer("ada", VIEW_LAW)
    ada.post(SAVE, form())

    assert "a view of that name" in told(ada.post(SAVE, form(query="o=1"), follow=True))
    assert SavedFilter.objects.get().query == "o=2"


def test_only_who_may_share_shares_and_everybody_then_sees_it() -> None:
    make_officer("ada", VIEW_LAW).post(SAVE, form(is_shared="on", name="Not shared"))
    make_officer("ben", VIEW_LAW, "share_saved_filter").post(SAVE, form(is_shared="on", name="For all"))

    text = make_officer("cleo", VIEW_LAW).get(LAW).content.decode()
    assert "For all" in text
    assert "Not shared" not in text


def test_a_view_of_somebody_elses_is_neither_opened_nor_removed() -> None:
    make_officer("ada", VIEW_LAW)
    ben, view = make_officer("ben", VIEW_LAW), make_view("ada")

    assert ben.get(OPEN.format(view.pk)).status_code == 404
    assert ben.post(REMOVE.format(view.pk)).status_code == 404
    shared = make_view("ada", name="Shared", is_shared=True)
    assert "Only who saved" in told(ben.post(REMOVE.format(shared.pk), follow=True))
    assert SavedFilter.objects.count() == 2


def test_the_owner_and_who_may_share_remove_a_shared_view() -> None:
    ada, chief = make_officer("ada", VIEW_LAW), make_officer("chief", VIEW_LAW, "share_saved_filter")
    own, left = make_view("ada", is_shared=True), make_view("ada", name="Left", is_shared=True)

    ada.post(REMOVE.format(own.pk))
    chief.post(REMOVE.format(left.pk))

    assert not SavedFilter.objects.exists()
    assert ada.get(REMOVE.format(own.pk)).status_code == 405  # it only acts: nobody reads it


@pytest.mark.parametrize("query", ["gone=1", "kind__exact=old", "o=2&gone=1"])
def test_a_view_whose_filter_is_gone_leads_to_the_whole_list_with_a_message(query: str) -> None:
    ada = make_officer("ada", VIEW_LAW)
    view = make_view("ada", query=query)

    answer = ada.get(OPEN.format(view.pk), follow=True)

    assert answer.redirect_chain == [(LAW, 302)]
    assert "no filter for any more" in told(answer)


def test_a_view_of_a_list_that_is_closed_or_gone_is_not_opened() -> None:
    ada = make_officer("ada")
    view = make_view("ada")
    gone = make_view("ada", page="no.such", name="Gone")

    assert ada.get(OPEN.format(view.pk)).status_code == 403
    assert ada.get(OPEN.format(gone.pk)).status_code == 404
    assert ada.get("/admin/activation_desk/savedfilter/").status_code == 200


def test_hostile_names_are_escaped() -> None:
    ada = make_officer("ada", VIEW_LAW)
    ada.post(SAVE, form(name="<script>alert(1)</script>"))

    for page in (LAW, "/admin/activation_desk/savedfilter/"):
        assert "<script>alert" not in ada.get(page).content.decode()


def test_an_officer_who_leaves_takes_their_views_along() -> None:
    make_officer("ada", VIEW_LAW)
    make_view("ada", is_shared=True)

    User.objects.get(username="ada").delete()

    assert not SavedFilter.objects.exists()


def test_a_list_asks_as_much_for_one_row_as_for_many() -> None:
    ada, counts = make_officer("ada", VIEW_LAW), []
    for number in range(3):
        make_jurisdiction(("DE", "FR", "ES")[number])
        make_view("ada", name=f"View {number}")
        with CaptureQueriesContext(
            connection,
        ) as asked:
            ada.get(LAW)
        counts.append(len(asked))
    assert counts[1] == counts[2]


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("ann@example.com", True),
        ("+49 170 1234567", True),
        ("(030) 123-456", True),
        ("123456", True),
        ("a" * 64, True),
        ("D41D8CD98F00B204E9800998ECF8427E", True),
        ("12345", False),
        ("marketing.email", False),
        ("R-0003-7K3F", False),
        ("2026-11-29", False),
        ("2026-11-29 10:00:00", False),
        ("US-CA", False),
        ("0192f3a0-1111-7000-8000-000000000000", False),
    ],
)
def test_what_people_are_known_by_is_told_from_names_of_things(text: str, is_one: bool) -> None:
    assert looks_like_identifier(text) is is_one
