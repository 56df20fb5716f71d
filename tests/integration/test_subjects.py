"""Who an identifier leads to, and who belongs together."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.subjects import queries, services
from consent.subjects.models import IdentifierIndex, Subject, SubjectLink
from consent.subjects.rules import MalformedIdentifier
from consent.subjects.types import Fact, FactName, Identifier, IdentifierKind, SubjectRef
from tests.ledger_world import read_entries
from tests.records_world import JAN_1, JUNE_1

pytestmark = pytest.mark.django_db

ALICE, BOB = (Identifier(IdentifierKind.EMAIL, f"{name}@example.com") for name in ("alice", "bob"))
ALICE_ID, BOB_ID = (Identifier(IdentifierKind.CUSTOMER_ID, number) for number in ("00001", "00002"))
COOKIE = Identifier(IdentifierKind.COOKIE_ID, "c-1")


def resolve(*sets: list[Identifier]) -> list[tuple[SubjectRef, ...]]:
    return services.resolve_or_create(identifier_sets=sets)


def link(*groups: tuple[SubjectRef, ...]) -> int:
    """Link the groups and return how many links that made."""
    return len(services.link_subjects(groups=groups, provenance="test", linked_at=JUNE_1, recorded_at=JUNE_1))


def test_identifiers_that_lead_nowhere_make_one_subject() -> None:
    [(ref,)] = resolve([ALICE_ID, ALICE])

    assert queries.find_subjects([[ALICE], [ALICE_ID], [ALICE, ALICE_ID], [BOB], []]) == [
        {ref},
        {ref},
        {ref},
        frozenset(),
        frozenset(),
    ]
    assert list(Subject.objects.values_list("ref", "version", "erased_at")) == [(ref, 0, None)]


def test_an_identifier_is_found_however_it_is_written_and_is_not_stored() -> None:
    [(ref,)] = resolve([ALICE])

    assert queries.find_subjects([[Identifier(IdentifierKind.EMAIL, " Alice@EXAMPLE.com ")]]) == [{ref}]
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(i)::text FROM consent_subjects_identifierindex i")
        assert "alice" not in str(cursor.fetchall()).lower()


def test_a_known_person_keeps_the_subject_and_gains_the_identifiers_that_were_new() -> None:
    [(ref,)] = resolve([ALICE_ID])

    assert resolve([ALICE, ALICE_ID, COOKIE]) == [(ref,)]
    assert queries.find_subjects([[ALICE], [COOKIE]]) == [{ref}, {ref}]


def test_sets_of_one_call_are_taken_in_their_order() -> None:
    (first,), (second,), (third,) = resolve([ALICE_ID], [ALICE_ID, ALICE], [ALICE])

    assert first == second == third
    assert Subject.objects.count() == 1


def test_a_set_that_leads_to_several_names_the_first_listed_identifiers_subject_first() -> None:
    (alice,), (bob,), both, turned = resolve([ALICE], [BOB], [COOKIE, BOB, ALICE], [ALICE, BOB])

    assert both == (bob, alice)
    assert turned == (alice, bob)
    assert queries.find_subjects([[COOKIE]]) == [{bob}]


def test_one_value_under_two_kinds_is_two_identifiers() -> None:
    same = [Identifier(kind, "00001") for kind in (IdentifierKind.CUSTOMER_ID, IdentifierKind.DEVICE_ID)]

    (first,), (second,) = resolve([same[0]], [same[1]])

    assert first != second


def test_a_malformed_identifier_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(MalformedIdentifier):
        resolve([ALICE], [Identifier(IdentifierKind.EMAIL, "bob")])

    assert not Subject.objects.exists()


def test_the_number_of_statements_does_not_grow_with_the_number_of_sets() -> None:
    def count(start: int, stop: int) -> int:
        sets = [
            [
                Identifier(IdentifierKind.CUSTOMER_ID, str(number)),
                Identifier(IdentifierKind.COOKIE_ID, str(number)),
            ]
            for number in range(start, stop)
        ]
        with CaptureQueriesContext(connection) as captured:
            services.resolve_or_create(identifier_sets=sets)
            queries.list_groups(sets)
        return len(captured)

    assert count(0, 1) == count(1, 301)


def test_the_database_lets_an_identifier_lead_to_one_subject_only() -> None:
    (alice,), (bob,) = resolve([ALICE], [BOB])
    row = IdentifierIndex.objects.get(subject=alice)

    with pytest.raises(IntegrityError), transaction.atomic():
        IdentifierIndex.objects.create(
            kind=row.kind, blind_index=row.blind_index, key_version=1, subject_id=bob
        )


def test_versions_count_from_1_and_go_on_from_where_they_were_left() -> None:
    (alice,), (bob,) = resolve([ALICE], [BOB])

    assert services.lock_versions([bob, alice, alice]) == {alice: 1, bob: 1}
    services.advance_versions({alice: 5})
    assert services.lock_versions([alice, bob]) == {alice: 6, bob: 1}


def test_linked_subjects_are_one_group_wherever_one_asks() -> None:
    (a,), (b,), (c,), (d,) = resolve([ALICE], [BOB], [COOKIE], [ALICE_ID])

    assert link((a, b), (c, b)) == 2

    asked_a, asked_c, asked_d, asked_two, unknown = queries.list_groups(
        [[ALICE], [COOKIE], [ALICE_ID], [ALICE, ALICE_ID], [BOB_ID]]
    )
    assert [member.ref for member in asked_a.members] == sorted([a, b, c])
    assert asked_a.asked == {a}
    assert asked_c.asked == {c}
    assert asked_c.members == asked_a.members
    assert {(link.left, link.right) for link in asked_a.links} == {tuple(sorted(p)) for p in ((a, b), (b, c))}
    assert ([member.ref for member in asked_d.members], asked_d.links) == ([d], ())
    assert asked_two.asked == {a, d}
    assert [member.ref for member in asked_two.members] == sorted([a, b, c, d])
    assert (unknown.asked, unknown.members, unknown.links) == (frozenset(), (), ())


def test_subjects_that_are_linked_already_are_not_linked_again() -> None:
    (a,), (b,), (c,) = resolve([ALICE], [BOB], [COOKIE])
    link((a, b), (b, c))

    assert link((a, b), (b, a), (a, c)) == 0
    assert SubjectLink.objects.count() == 2


def test_a_group_of_one_call_is_linked_as_a_star_without_needless_links() -> None:
    (a,), (b,), (c,) = resolve([ALICE], [BOB], [COOKIE])

    assert link((a, b, c), (b, c)) == 2


def test_a_link_that_was_undone_can_be_made_again_and_both_are_kept() -> None:
    (a,), (b,) = resolve([ALICE], [BOB])
    link((a, b))
    SubjectLink.objects.update(unlinked_at=JUNE_1)

    assert link((a, b)) == 1

    [group] = queries.list_groups([[ALICE]])
    assert [link.unlinked_at for link in group.links] == [JUNE_1, None]


def test_facts_come_in_the_order_of_versions() -> None:
    [(alice,)] = resolve([ALICE])
    facts = {
        f"fct_{version}": Fact(
            subject_ref=alice,
            name=FactName.CONTRACT_ACTIVE,
            value=value,
            effective_at=JAN_1,
            recorded_at=JUNE_1,
            version=version,
            controller="acme",
        )
        for version, value in ((2, "no"), (1, "yes"))
    }

    services.append_facts(facts=facts, source="test")

    assert queries.list_facts([alice, SubjectRef("sub_nobody")]) == {alice: (facts["fct_1"], facts["fct_2"])}


def test_subjects_alone_are_no_news_for_the_ledger() -> None:
    resolve([ALICE])

    assert len(read_entries()) == 0
