"""What officers decide on links: confirm, dismiss, undo, link."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from consent.kernel.sealing import unseal
from consent.keys import services as keys
from consent.ledger import queries as ledger
from consent.subjects import queries, services
from consent.subjects.models import HeldLink, Subject, SubjectLink
from consent.subjects.types import SubjectRef
from tests.records_world import JAN_1, JUNE_1
from tests.subjects_world import attach, cookie, customer
from tests.trail_world import list_facts

pytestmark = pytest.mark.django_db

ANN, BEN, TABLET = customer("1"), customer("2"), cookie("tablet")
WHY = "Anna Mayr called: both are hers"


@pytest.fixture
def officer() -> User:
    return User.objects.create_user("olga")


def hold() -> HeldLink:
    """Return the held link of two customers with one cookie."""
    attach([ANN, TABLET], [BEN, TABLET])
    return HeldLink.objects.get()


def decision(officer: User) -> dict[str, Any]:
    return {"officer": officer.pk, "reason": WHY, "at": JUNE_1}


def pair(held: HeldLink) -> tuple[SubjectRef, SubjectRef]:
    return SubjectRef(held.left_id), SubjectRef(held.right_id)


def versions() -> dict[str, int]:
    return dict(Subject.objects.values_list("ref", "version"))


def test_a_confirmed_pair_is_linked_and_both_logs_are_told(officer: User) -> None:
    held = hold()
    left, right = pair(held)
    before = versions()

    link = services.confirm_held_link(held_id=held.pk, **decision(officer))

    held.refresh_from_db()
    assert (held.decision, held.decided_by_id, held.decided_at) == ("confirmed", officer.pk, JUNE_1)
    assert queries.list_links([left]) == [link]
    assert {link.left, link.right} == {left, right}
    linked, decided = list_facts()[-2:]
    assert (linked.stream, linked.kind, decided.stream, decided.kind) == (
        "consent",
        "subjects_linked",
        "audit",
        "held_link_confirmed",
    )
    assert json.loads(decided.envelope)["body"]["officer"] == officer.pk
    assert versions() == before | {left: before[left] + 2}


def test_an_officers_words_lie_sealed_only(officer: User) -> None:
    held = hold()
    services.confirm_held_link(held_id=held.pk, **decision(officer))

    *_, told = list_facts()
    assert b"Mayr" not in told.envelope
    [ciphertext] = ledger.list_private_parts([told.event_id]).values()
    data_key = keys.ensure_keys([held.left_id])[held.left_id]
    opened = unseal(ciphertext, key=data_key, subject_ref=held.left_id, event_id=told.event_id)
    assert opened.private == {"reason": WHY}


def test_a_dismissed_pair_stays_two_and_is_not_brought_up_again(officer: User) -> None:
    held = hold()

    services.dismiss_held_link(held_id=held.pk, **decision(officer))
    attach([BEN, TABLET])

    assert not SubjectLink.objects.exists()
    assert [one.decision for one in HeldLink.objects.all()] == ["dismissed"]
    kinds = [entry.kind for entry in list_facts()]
    assert kinds[-1] == "held_link_dismissed"


@pytest.mark.parametrize("first", [services.confirm_held_link, services.dismiss_held_link])
@pytest.mark.parametrize("second", [services.confirm_held_link, services.dismiss_held_link])
def test_nobody_decides_twice(officer: User, first: Any, second: Any) -> None:
    held = hold()
    first(held_id=held.pk, **decision(officer))
    before = len(list_facts())

    with pytest.raises(services.AlreadyDecided):
        second(held_id=held.pk, **decision(officer))
    with pytest.raises(services.HeldLinkNotFound):
        second(held_id=held.pk + 1, **decision(officer))

    assert len(list_facts()) == before


def test_an_undone_link_stays_on_record_and_rows_do_not_make_it_again(officer: User) -> None:
    attach([ANN], [TABLET], [ANN, TABLET])
    [link] = SubjectLink.objects.all()
    before = versions()

    services.unlink_subjects(
        left=SubjectRef(link.right_id), right=SubjectRef(link.left_id), **decision(officer)
    )
    told = list_facts()[-1]
    attach([ANN, TABLET])

    [undone] = SubjectLink.objects.all()
    assert (undone.pk, undone.unlinked_at) == (link.pk, JUNE_1)
    assert (told.stream, told.kind, told.subject_ref) == ("consent", "subjects_unlinked", link.left_id)
    assert told.subject_version == before[link.left_id] + 1
    assert b"Mayr" not in told.envelope
    held = HeldLink.objects.get()
    assert (held.reason, pair(held)) == ("undone_before", (link.left_id, link.right_id))


def test_a_confirmed_link_can_be_undone_and_made_again_by_officers(officer: User) -> None:
    held = hold()
    left, right = pair(held)
    services.confirm_held_link(held_id=held.pk, **decision(officer))

    services.unlink_subjects(left=left, right=right, **decision(officer))
    services.link_by_officer(left=right, right=left, **decision(officer))

    assert sorted(SubjectLink.objects.values_list("unlinked_at", flat=True), key=str) == [JUNE_1, None]
    assert [entry.kind for entry in list_facts()[-2:]] == ["subjects_linked", "link_made_by_officer"]


def test_what_is_not_linked_cannot_be_undone_and_what_is_one_cannot_be_linked(officer: User) -> None:
    (ann,), (browser,), _ = attach([ANN], [TABLET], [ANN, TABLET])
    [(other,)] = attach([BEN])
    before = len(list_facts())

    with pytest.raises(services.LinkNotFound):
        services.unlink_subjects(left=ann, right=other, **decision(officer))
    for left, right in ((ann, browser), (ann, ann), (ann, SubjectRef("sub_nobody"))):
        with pytest.raises(services.CannotLink):
            services.link_by_officer(left=left, right=right, **decision(officer))

    assert len(list_facts()) == before
    assert SubjectLink.objects.count() == 1


def test_an_erased_subject_is_neither_linked_nor_parted(officer: User) -> None:
    held = hold()
    left, right = pair(held)
    services.erase_subject(ref=left, requested_by="request:1", at=JUNE_1)

    held.refresh_from_db()
    assert (held.decision, held.decided_at) == ("erased", JUNE_1)
    with pytest.raises(services.CannotLink):
        services.link_by_officer(left=left, right=right, **decision(officer))
    with pytest.raises(services.AlreadyDecided):
        services.confirm_held_link(held_id=held.pk, **decision(officer))


# The admin


def sign_in(client: Client, *, decides: bool) -> User:
    officer = User.objects.create_user("otto", is_staff=True)
    names = ["view_heldlink", "view_subjectlink", *(["decide_heldlink"] if decides else [])]
    officer.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(officer)
    return officer


def page(model: str, name: str, *keys: object) -> str:
    return reverse(f"admin:consent_subjects_{model}_{name}", args=keys)


def press(client: Client, model: str, step: str, key: int, **fields: str) -> Any:
    return client.post(page(model, step, key), {"_form_submitted": "True", **fields}, follow=True)


def test_held_links_are_listed_by_whether_they_are_decided(client: Client, officer: User) -> None:
    held = hold()
    sign_in(client, decides=True)
    shown = page("heldlink", "change", held.pk)

    def listed(state: str) -> bool:
        return shown in client.get(page("heldlink", "changelist"), {"state": state}).content.decode()

    assert (listed("open"), listed("decided")) == (True, False)
    services.dismiss_held_link(held_id=held.pk, **decision(officer))
    assert (listed("open"), listed("decided")) == (False, True)


@pytest.mark.parametrize(("step", "decided"), [("confirm", "confirmed"), ("dismiss", "dismissed")])
def test_an_officer_decides_with_a_reason(client: Client, step: str, decided: str) -> None:
    held = hold()
    officer = sign_in(client, decides=True)

    press(client, "heldlink", step, held.pk, reason="")
    held.refresh_from_db()
    assert held.decision == ""
    press(client, "heldlink", step, held.pk, reason=WHY)

    held.refresh_from_db()
    assert (held.decision, held.decided_by) == (decided, officer)
    assert (
        page("heldlink", "confirm", held.pk)
        not in client.get(page("heldlink", "change", held.pk)).content.decode()
    )


def test_an_officer_undoes_a_link_with_a_reason(client: Client) -> None:
    attach([ANN], [TABLET], [ANN, TABLET])
    link = SubjectLink.objects.get()
    sign_in(client, decides=True)
    assert (
        page("subjectlink", "undo", link.pk)
        in client.get(page("subjectlink", "change", link.pk)).content.decode()
    )

    press(client, "subjectlink", "undo", link.pk, reason=WHY)

    link.refresh_from_db()
    assert link.unlinked_at is not None
    again = press(client, "subjectlink", "undo", link.pk, reason=WHY)
    assert "Not done" in again.content.decode()


def test_who_may_only_look_decides_nothing(client: Client) -> None:
    held = hold()
    sign_in(client, decides=False)

    assert (
        page("heldlink", "confirm", held.pk)
        not in client.get(page("heldlink", "change", held.pk)).content.decode()
    )
    for step in ("confirm", "dismiss"):
        assert press(client, "heldlink", step, held.pk, reason=WHY).status_code == 403

    held.refresh_from_db()
    assert held.decision == ""
    assert not SubjectLink.objects.exists()


def test_officers_links_are_told_apart_from_those_of_rows(officer: User) -> None:
    held = hold()

    services.confirm_held_link(held_id=held.pk, officer=officer.pk, reason=WHY, at=JAN_1)

    assert SubjectLink.objects.get().provenance == f"officer:{officer.pk}"
