"""Whom a destination holds: kept, found, forgotten, and never lost."""

from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from activation.enforcement.membership import queries, services
from activation.enforcement.membership.models import Holding, Page, Segment
from activation.enforcement.membership.sealing import MembershipUnreadable, open_member, seal_member
from activation.enforcement.membership.types import Member, SegmentState
from activation.snapshots.bulk.running import Duck, open_duck
from consent.keys.types import KeyUnreadable
from consent.subjects.types import SubjectRef
from tests.delivery_world import erase, ref_of
from tests.enforcement_world import make_world, record_choices
from tests.membership_world import (
    AUGUST_1,
    COOKIE,
    EMAIL,
    HOLDING,
    JULY_1,
    WORLD,
    Rows,
    gather_rows,
    hold,
    list_refs,
    make_member,
    make_stranger,
)

pytestmark = pytest.mark.django_db
OTHER = "v" * 64


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Duck]:
    """Give an engine."""
    with open_duck(tmp_path) as found:
        yield found


def write(duck: Duck, folder: Path, rows: Rows, kinds: tuple[object, ...] = (EMAIL, COOKIE)) -> int:
    """Write a segment of who is in rows, and return the holding."""
    holding_id = services.open_holding(**HOLDING)
    gathered = gather_rows(duck, rows, folder, kinds)  # type: ignore[arg-type]  # kinds
    services.write_segment(run_id=uuid4(), holding_id=holding_id, gathered=gathered, world=WORLD)
    return holding_id


def tamper(column: str) -> None:
    """Change the first byte of a column of every page."""
    for page in Page.objects.all():
        first, *rest = bytes(getattr(page, column))
        Page.objects.filter(pk=page.pk).update(**{column: bytes([255 - first, *rest])})


def test_everybody_in_allowed_rows_is_kept_once_with_all_that_they_are_called(
    duck: Duck, tmp_path: Path
) -> None:
    holding_id = write(
        duck,
        tmp_path,
        [
            {"person": "a", "until": AUGUST_1, EMAIL: 'A"\\\n@x.example', COOKIE: "1"},
            {"person": "a", "until": JULY_1, EMAIL: "a2@x.example", COOKIE: ""},
            {"person": "a", EMAIL: "a2@x.example"},
            {"person": "b|c", EMAIL: "bc@x.example"},
            {"person": "c", COOKIE: "3"},
            {"person": "d", "denied": True, EMAIL: "d@x.example"},
            {"person": "e", "canary": 1, EMAIL: "e@x.example"},
            {"person": None, EMAIL: "f@x.example"},
            {"person": "", "keys": [1, 2], EMAIL: "g@x.example"},
            {"person": "", "keys": [1, 2], COOKIE: "7"},
            {"person": "", "keys": [2, 3], COOKIE: "8"},
        ],
    )

    found = {member.name: member for member in queries.read_members(holding_id)}

    keys = [number.to_bytes(8, "big") for number in range(4)]
    assert found == {
        ("a", ()): Member(
            ref="a",
            ends_at=JULY_1,
            identifiers={EMAIL: ('A"\\\n@x.example', "a2@x.example"), COOKIE: ("1",)},
        ),
        ("b", ()): Member(ref="b", identifiers={EMAIL: ("bc@x.example",)}),
        ("c", ()): Member(ref="c", identifiers={EMAIL: ("bc@x.example",), COOKIE: ("3",)}),
        ("", (keys[1], keys[2])): Member(
            ref="",
            keys=(keys[1], keys[2]),
            ends_at=JULY_1,
            identifiers={EMAIL: ("g@x.example",), COOKIE: ("7",)},
        ),
        ("", (keys[2], keys[3])): Member(
            ref="", keys=(keys[2], keys[3]), ends_at=JULY_1, identifiers={COOKIE: ("8",)}
        ),
    }
    assert queries.count_members(holding_id) == len(found)


@pytest.mark.parametrize("people", [0, 1, 192, 193, 5000])
def test_pages_of_any_number_of_people_hold_each_of_them(duck: Duck, tmp_path: Path, people: int) -> None:
    refs = [f"person {number}" for number in range(people)]
    holding_id = write(duck, tmp_path, [{"person": ref, EMAIL: f"{ref}@x"} for ref in refs])

    assert list_refs(holding_id) == sorted(refs)
    held = queries.list_held([SubjectRef(ref) for ref in [*refs[::100], "nobody"]])
    assert sorted(one.member.ref for one in held) == sorted(refs[::100])
    assert all(one.member.identifiers == {EMAIL: (f"{one.found_by}@x",)} for one in held)
    assert all(len(bytes(page.keys)) <= 8 * 400 for page in Page.objects.all())


def test_lines_that_run_over_several_batches_are_cut_at_the_right_places(
    duck: Duck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activation.snapshots.bulk.running.ROWS_AT_ONCE", 7)
    refs = [f"person {number}" for number in range(3000)]

    holding_id = write(duck, tmp_path, [{"person": ref, EMAIL: ref} for ref in refs])

    assert list_refs(holding_id) == sorted(refs)


def test_what_a_destination_was_told_stays_when_the_person_is_called_otherwise_later() -> None:
    make_world()
    ref = ref_of("00001")
    hold(make_member(ref, "old@customers.example"))

    [found] = queries.list_held([ref])

    assert found.member.identifiers == {EMAIL: ("old@customers.example",)}
    assert found.columns == {EMAIL: "email"}


def test_strangers_are_found_once_any_of_their_identifiers_leads_to_somebody() -> None:
    make_world()
    hold(make_stranger((COOKIE, "other"), (EMAIL, "c77@customers.example")), make_stranger((COOKIE, "x")))
    assert queries.list_held([ref_of("00001")]) == []

    record_choices("00077", "DE", "refused")

    [found] = queries.list_held([ref_of("00077")])
    assert found.found_by == ref_of("00077")
    assert found.member.ref == ""
    assert found.member.identifiers[EMAIL] == ("c77@customers.example",)


def test_strangers_are_found_after_the_index_keys_were_rotated_and_the_person_erased(
    settings: object,
) -> None:
    make_world()
    hold(make_stranger((EMAIL, "c77@customers.example")))
    record_choices("00077", "DE", "refused")
    ref = ref_of("00077")
    settings.IDENTIFIER_KEYS = {9: b"n" * 32}  # type: ignore[attr-defined]

    [found] = queries.list_held([ref])
    assert found.found_by == ref


def test_strangers_are_found_once_the_person_is_erased() -> None:
    make_world()
    hold(make_stranger((EMAIL, "c77@customers.example")))
    record_choices("00077", "DE", "granted")
    ref = ref_of("00077")
    erase("00077")

    [found] = queries.list_held([ref])

    assert (found.found_by, found.member.ref) == (ref, "")


def test_a_hashed_address_finds_the_stranger_who_was_sent_by_the_address() -> None:
    assert (
        make_stranger((EMAIL, "A@x.example ")).keys
        == make_stranger((EMAIL.__class__.EMAIL_SHA256, _sha256("a@x.example"))).keys
    )


def _sha256(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_who_is_forgotten_is_in_no_page_and_everybody_else_stays() -> None:
    stranger = make_stranger((COOKIE, "1"), (EMAIL, "s@x.example"))
    holding_id = hold(stranger, *(make_member(f"p{number}", "x") for number in range(500)))
    hold(make_member("p7"), make_member("q"))

    taken = services.forget(holding_id=holding_id, gone=[("p7", ()), stranger.name, ("nobody", ())])

    assert taken == 3
    assert list_refs(holding_id) == sorted(["q", *(f"p{number}" for number in range(500) if number != 7)])
    assert queries.list_held([SubjectRef("p7")]) == []
    assert queries.count_members(holding_id) == 500


def test_nothing_of_a_forgotten_person_is_left_in_any_page() -> None:
    holding_id = hold(make_member("a", "secret@x.example"), make_member("b"))

    services.forget(holding_id=holding_id, gone=[("a", ())])

    [page] = Page.objects.all()
    assert len(bytes(page.keys)) == 8
    assert [member.ref for member in queries.read_members(holding_id)] == ["b"]
    services.forget(holding_id=holding_id, gone=[("b", ())])
    assert not Page.objects.exists()


def test_a_page_that_was_changed_counts_as_holding_whom_it_finds() -> None:
    holding_id = hold(make_member("a", "a@x.example"), make_member("b"))
    tamper("sealed")

    [found] = queries.list_held([SubjectRef("a")])
    assert (found.member, found.is_readable) == (Member(ref="a"), False)
    with pytest.raises(MembershipUnreadable):
        list(queries.read_members(holding_id))

    [due] = queries.list_due_pages(world=OTHER, limit=10)
    assert (due.members, due.is_readable) == ((), False)
    assert services.settle_page(due, allowed={}, denied=[], world=OTHER)
    assert queries.list_due_pages(world=OTHER, limit=10) == []
    [summary] = queries.list_holdings()
    assert summary.unreadable_pages == 1
    services.forget(holding_id=holding_id, gone=[("a", ())])
    assert queries.list_held([SubjectRef("a")]) == []
    assert len(queries.list_held([SubjectRef("b")])) == 1


def test_a_page_whose_keys_were_changed_does_not_open() -> None:
    holding_id = hold(make_member("a"), make_member("b"))
    tamper("keys")

    with pytest.raises(MembershipUnreadable):
        list(queries.read_members(holding_id))


def test_a_page_does_not_open_in_another_place() -> None:
    hold(make_member("a"))
    hold(make_member("b"))
    first, second = Page.objects.order_by("pk")
    Page.objects.filter(pk=first.pk).update(sealed=second.sealed, keys=second.keys)

    [unreadable] = [one for one in queries.list_held([SubjectRef("b")]) if not one.is_readable]

    assert unreadable.segment_id == first.segment_id


def test_a_sealed_member_opens_under_its_own_holding_only() -> None:
    one = Holding.objects.get(pk=services.open_holding(**HOLDING))
    other = Holding.objects.get(pk=services.open_holding(**{**HOLDING, "audience": "others"}))
    member = make_stranger((EMAIL, "a@x.example"))

    sealed = seal_member(one, member)

    assert open_member(one, sealed) == member
    assert b"a@x.example" not in sealed
    with pytest.raises(MembershipUnreadable):
        open_member(other, sealed)


def test_a_holding_is_opened_once_and_its_key_does_not_open_for_another() -> None:
    first = services.open_holding(**HOLDING)
    other = services.open_holding(**{**HOLDING, "audience": "others"})
    assert services.open_holding(**HOLDING) == first
    row = Holding.objects.get(pk=first)
    Holding.objects.filter(pk=other).update(wrapped=row.wrapped, sealed=row.sealed)

    with pytest.raises(KeyUnreadable):
        hold(make_member("a"), audience="others")


def test_pages_are_due_when_an_allow_ends_or_the_rules_are_others() -> None:
    past, future = timezone.now() - timedelta(hours=1), timezone.now() + timedelta(hours=1)
    hold(make_member("ended", ends_at=past), make_member("lasting", ends_at=future))
    hold(make_member("never"))

    [due] = queries.list_due_pages(world=WORLD, limit=10)
    assert {member.ref for member in due.members} == {"ended", "lasting"}
    assert len(queries.list_due_pages(world=OTHER, limit=10)) == 2

    assert services.settle_page(due, allowed={("lasting", ()): future}, denied=[("ended", ())], world=WORLD)
    assert queries.list_due_pages(world=WORLD, limit=10) == []
    assert [one.member.ends_at for one in queries.list_held([SubjectRef("ended")])] == [None]


def test_a_page_with_somebody_who_was_not_decided_comes_again() -> None:
    hold(make_member("a"), make_member("b"))
    [due] = queries.list_due_pages(world=OTHER, limit=10)

    assert not services.settle_page(due, allowed={("a", ()): None}, denied=[], world=OTHER)

    assert len(queries.list_due_pages(world=OTHER, limit=10)) == 1


def test_who_may_stay_gets_the_end_of_the_new_allow() -> None:
    now = timezone.now()
    holding_id = hold(make_member("a", "a@x", ends_at=now + timedelta(days=1)))

    services.settle_members(holding_id=holding_id, ends={("a", ()): now - timedelta(days=1)})

    assert len(queries.list_due_pages(world=WORLD, limit=10)) == 1


def test_a_delivery_that_replaces_lets_go_whom_the_destination_held_before_it_began(
    duck: Duck, tmp_path: Path
) -> None:
    holding_id = hold(make_member("old"))
    write(duck, tmp_path, [{"person": "new"}])
    run_id = Segment.objects.get(state=SegmentState.SENDING).run_id
    Segment.objects.filter(run_id=run_id).update(created_at=timezone.now() + timedelta(minutes=1))

    services.note_held(run_id, replaces=True)

    assert list_refs(holding_id) == ["new"]


def test_a_delivery_that_replaces_keeps_whom_another_sent_meanwhile(duck: Duck, tmp_path: Path) -> None:
    write(duck, tmp_path, [{"person": "mine"}])
    run_id = Segment.objects.get().run_id
    Segment.objects.filter(run_id=run_id).update(created_at=timezone.now() - timedelta(minutes=1))
    holding_id = hold(make_member("others"))

    services.note_held(run_id, replaces=True)

    assert list_refs(holding_id) == ["mine", "others"]


def test_a_delivery_that_adds_keeps_everybody_and_one_that_sent_nothing_lets_its_own_go(
    duck: Duck, tmp_path: Path
) -> None:
    holding_id = hold(make_member("old"))
    write(duck, tmp_path, [{"person": "new"}])
    run_id = Segment.objects.get(state=SegmentState.SENDING).run_id

    services.note_held(run_id, replaces=False)
    assert list_refs(holding_id) == ["new", "old"]
    services.drop_segment(run_id)
    assert list_refs(holding_id) == ["new", "old"], "what is held is not dropped"
    write(duck, tmp_path, [{"person": "never sent"}])
    services.drop_segment(Segment.objects.get(state=SegmentState.SENDING).run_id)
    assert list_refs(holding_id) == ["new", "old"]


def test_many_segments_are_put_together_and_nobody_is_lost_or_doubled() -> None:
    past = timezone.now() - timedelta(hours=1)
    names = count()
    for size in (1, 2, 3, 40, 300, 1, 700, 2, 5, 3):
        holding_id = hold(
            make_member("everywhere", f"e{size}@x", ends_at=past if size == 40 else None),
            make_stranger((COOKIE, "s"), (EMAIL, "s@x.example")),
            *(make_member(f"p{next(names)}") for _ in range(size)),
        )

    services.compact(holding_id)

    assert Segment.objects.count() <= 8
    refs = list_refs(holding_id)
    assert refs == sorted(["", "everywhere", *(f"p{number}" for number in range(next(names)))])
    kept = [one.member for one in queries.list_held([SubjectRef("everywhere")])]
    assert {value for member in kept for value in member.identifiers[EMAIL]} == {
        f"e{size}@x" for size in (1, 2, 3, 40, 300, 700, 5)
    }
    assert past in {member.ends_at for member in kept}


def test_segments_decided_by_different_rules_are_due_when_they_are_put_together() -> None:
    for number in range(9):
        holding_id = hold(make_member(f"p{number}"), world=WORLD if number % 2 else OTHER)

    services.compact(holding_id)

    assert sum(len(one.members) for one in queries.list_due_pages(world=WORLD, limit=10)) >= 5


def test_an_unreadable_page_stays_where_it_is_when_segments_are_put_together() -> None:
    holding_id = hold(make_member("a"))
    tamper("sealed")
    for number in range(9):
        hold(make_member(f"p{number}"))

    services.compact(holding_id)

    assert [one.is_readable for one in queries.list_held([SubjectRef("a")])] == [False]
    assert all(len(queries.list_held([SubjectRef(f"p{number}")])) == 1 for number in range(9))
