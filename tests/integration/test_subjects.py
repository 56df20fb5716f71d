"""Who an identifier leads to, and who belongs together."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from consent.keys import services as keys
from consent.ledger import services as ledger
from consent.ledger.types import Stream
from consent.subjects import queries, services
from consent.subjects.events import tell_fact
from consent.subjects.models import IdentifierIndex, Subject, SubjectLink
from consent.subjects.rules import MalformedIdentifier
from consent.subjects.types import (
    Fact,
    FactName,
    Identifier,
    IdentifierKind,
    KnownIdentifier,
    Sighting,
    SubjectRef,
)
from tests.ledger_world import read_entries
from tests.records_world import JAN_1, JUNE_1
from tests.subjects_world import attach, cookie, customer, email

pytestmark = pytest.mark.django_db

ALICE, BOB, COOKIE = email("alice"), email("bob"), cookie("c-1")
ALICE_ID = customer("00001")


def test_identifiers_that_lead_nowhere_make_one_subject() -> None:
    [(ref,)] = attach([ALICE_ID, ALICE])

    assert queries.find_subjects([[ALICE], [ALICE_ID], [ALICE, ALICE_ID], [BOB], []]) == [
        {ref},
        {ref},
        {ref},
        frozenset(),
        frozenset(),
    ]
    assert list(Subject.objects.values_list("ref", "version", "erased_at")) == [(ref, 2, None)]


def test_an_identifier_is_found_however_it_is_written_and_is_stored_nowhere_in_clear() -> None:
    [(ref,)] = attach([ALICE])

    assert queries.find_subjects([[Identifier(IdentifierKind.EMAIL, " Alice@EXAMPLE.com ")]]) == [{ref}]
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608 - the schema's own names
            assert "alice@" not in str(cursor.fetchall()).lower()
    assert all(b"alice" not in entry.envelope.lower() for entry in read_entries())


def test_the_identifiers_of_a_subject_are_read_back_as_they_were_sent() -> None:
    digest = "ab" * 32
    hashed = Identifier(IdentifierKind.EMAIL_SHA256, digest.upper(), verified=True)
    [(alice,), (bob,)] = attach([ALICE_ID, hashed], [BOB])

    known = queries.list_identifiers([alice, bob, SubjectRef("sub_nobody")])

    first, second = (entry for entry in read_entries() if entry.subject_ref == alice)
    assert known[alice] == (
        KnownIdentifier(IdentifierKind.CUSTOMER_ID, "00001", True, first.event_id),
        KnownIdentifier(IdentifierKind.EMAIL_SHA256, digest, True, second.event_id),
    )
    assert [(one.kind, one.value, one.verified) for one in known[bob]] == [
        (IdentifierKind.EMAIL, "bob@example.com", False)
    ]
    assert set(known) == {alice, bob}


def test_a_known_person_keeps_the_subject_and_gains_the_identifiers_that_were_new() -> None:
    [(ref,)] = attach([ALICE_ID])

    assert attach([ALICE, ALICE_ID, COOKIE]) == [(ref,)]
    assert queries.find_subjects([[ALICE], [COOKIE]]) == [{ref}, {ref}]


def test_sets_of_one_call_are_taken_in_their_order() -> None:
    (first,), (second,), (third,) = attach([ALICE_ID], [ALICE_ID, ALICE], [ALICE])

    assert first == second == third
    assert Subject.objects.count() == 1


def test_a_set_that_leads_to_several_names_the_first_listed_identifiers_subject_first() -> None:
    (alice,), (bob,), both, turned = attach([ALICE], [BOB], [COOKIE, BOB, ALICE], [ALICE, BOB])

    assert both == (bob, alice)
    assert turned == (alice, bob)
    assert queries.find_subjects([[COOKIE]]) == [{bob}]


def test_a_set_with_a_verified_identifier_names_its_subject_first() -> None:
    (alice,), (bob,), both = attach([ALICE_ID], [BOB], [BOB, ALICE_ID])

    assert both == (alice, bob)


def test_one_value_under_two_kinds_is_two_identifiers() -> None:
    same = [Identifier(kind, "00001") for kind in (IdentifierKind.CUSTOMER_ID, IdentifierKind.DEVICE_ID)]

    (first,), (second,) = attach([same[0]], [same[1]])

    assert first != second


def test_a_value_and_its_hash_in_one_set_are_one_identifier_kept_as_the_value() -> None:
    hashed = Identifier(
        IdentifierKind.EMAIL_SHA256, "ff8d9819fc0e12bf0d24892e45987e249a28dce836a85cad60e28eaaa8c6d976"
    )

    [(ref,)] = attach([hashed, ALICE])

    [known] = queries.list_identifiers([ref])[ref]
    assert (known.kind, known.value) == (IdentifierKind.EMAIL, "alice@example.com")


def test_a_malformed_identifier_is_refused_and_nothing_is_written() -> None:
    with pytest.raises(MalformedIdentifier):
        attach([ALICE], [Identifier(IdentifierKind.EMAIL, "bob")])

    assert not Subject.objects.exists()
    assert not read_entries()


def test_the_number_of_statements_does_not_grow_with_the_number_of_sets() -> None:
    def count(start: int, stop: int) -> int:
        sets = [[customer(str(number)), cookie(str(number))] for number in range(start, stop)]
        with CaptureQueriesContext(connection) as captured:
            attach(*sets)
            queries.list_groups(sets)
            queries.list_identifiers(ref for [ref] in attach(*sets))
        return len(captured)

    assert count(0, 1) == count(1, 301)


def test_the_database_lets_an_identifier_lead_to_one_subject_only() -> None:
    (alice,), (bob,) = attach([ALICE], [BOB])
    row = IdentifierIndex.objects.get(subject=alice)

    with pytest.raises(IntegrityError, match="identifier_leads_to_one"), transaction.atomic():
        IdentifierIndex.objects.create(
            kind=row.kind,
            blind_index=row.blind_index,
            key_version=2,
            subject_id=bob,
            event_id="idn_other",
            verified=False,
        )


def test_versions_count_from_1_and_go_on_from_where_they_were_left() -> None:
    (alice,), (bob,) = attach([ALICE], [BOB])
    with transaction.atomic():
        versions = services.resolve(sightings=[Sighting((ALICE, BOB))]).versions
        assert [versions.take(alice), versions.take(alice)] == [2, 3]
        assert versions.changed() == {alice: 3}
        services.advance_versions({alice: 5})

    with transaction.atomic():
        versions = services.resolve(sightings=[Sighting((ALICE, BOB))]).versions
        assert (versions.latest(alice), versions.latest(bob)) == (5, 1)


def test_linked_subjects_are_one_group_wherever_one_asks() -> None:
    (a,), (b,), (c,), (d,) = attach([ALICE], [BOB], [COOKIE], [ALICE_ID])

    attach([ALICE, BOB], [COOKIE, BOB])

    asked_a, asked_c, asked_d, asked_two, unknown = queries.list_groups(
        [[ALICE], [COOKIE], [ALICE_ID], [ALICE, ALICE_ID], [customer("2")]]
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
    attach([ALICE], [BOB], [COOKIE], [ALICE, BOB], [BOB, COOKIE])

    attach([ALICE, BOB], [BOB, ALICE], [ALICE, COOKIE])

    assert SubjectLink.objects.count() == 2


def test_a_group_of_one_call_is_linked_as_a_star_without_needless_links() -> None:
    attach([ALICE], [BOB], [COOKIE])

    attach([ALICE, BOB, COOKIE], [BOB, COOKIE])

    assert SubjectLink.objects.count() == 2


def test_facts_come_in_the_order_of_versions_and_are_stored_sealed() -> None:
    [(alice,)] = attach([ALICE])
    facts = {
        f"fct_{version}": Fact(
            subject_ref=alice,
            name=FactName.RESIDENCE,
            value=value,
            effective_at=JAN_1,
            recorded_at=JUNE_1,
            version=version,
            controller="acme",
        )
        for version, value in ((3, "US-CA"), (2, "BR"))
    }
    data_key = keys.ensure_keys([alice])[alice]
    entries = [tell_fact(fact_id, fact, source="test", data_key=data_key) for fact_id, fact in facts.items()]

    services.append_facts(facts=facts, source="test")
    ledger.append(stream=Stream.CONSENT, entries=entries)

    assert queries.list_facts([alice, SubjectRef("sub_nobody")]) == {alice: (facts["fct_2"], facts["fct_3"])}
    assert all(b"US-CA" not in entry.envelope for entry in read_entries())


@pytest.mark.parametrize("known", ["facts", "identifiers"])
def test_a_living_subject_whose_key_is_gone_is_said_to_be_unreadable(known: str) -> None:
    [(alice,)] = attach([ALICE])
    fact = Fact(
        subject_ref=alice,
        name=FactName.RESTRICTED,
        value="yes",
        effective_at=JAN_1,
        recorded_at=JUNE_1,
        version=2,
    )
    entry = tell_fact("fct_1", fact, source="test", data_key=keys.ensure_keys([alice])[alice])
    services.append_facts(facts={"fct_1": fact}, source="test")
    ledger.append(stream=Stream.CONSENT, entries=[entry])
    keys.destroy_keys([alice])

    with pytest.raises(queries.SubjectStateUnreadable):
        queries.list_facts([alice]) if known == "facts" else queries.list_identifiers([alice])
