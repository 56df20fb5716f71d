"""The demo's people are invented, the same ones everywhere, and as common as the table says."""

from collections import Counter
from datetime import date

import pytest

from config.demo.draws import draw, pick
from config.demo.groups import UNDER_CONSENT, UNDER_CONSENT_WITH_TWO_BRANDS, UNDER_OPT_OUT, Group, Shares
from config.demo.people import AGES_IN_DAYS, HARBOR, NORTHWIND, RESIDENCES, Person, Residence, make_person
from config.demo.phones import find_phone

TODAY = date(2026, 11, 22)
EVERYBODY = [make_person(f"{number:05}") for number in range(1, 23_571)]


def test_a_draw_depends_on_nothing_but_its_words() -> None:
    # Pinned: another Python, machine or order of asking must give the same people.
    questions = [("00001", "group", 1000), ("00002", "group", 1000), ("00001", "age", 7)]

    assert [draw(*question) for question in questions] == [485, 784, 2]


def test_a_customer_is_the_same_person_each_time() -> None:
    assert make_person("00042") == Person(
        customer_id="00042", residence=Residence.CALIFORNIA, brands=(HARBOR,), group=Group.SILENT
    )


def test_shares_are_kept() -> None:
    drawn = Counter(pick(str(number), "test", {"often": 9, "seldom": 1}) for number in range(10_000))

    assert drawn["seldom"] == pytest.approx(1_000, abs=100)


@pytest.mark.parametrize("shares", [UNDER_CONSENT, UNDER_CONSENT_WITH_TWO_BRANDS, UNDER_OPT_OUT])
def test_shares_are_of_one_thousand(shares: Shares) -> None:
    assert sum(shares.values()) == 1000


def test_every_group_has_people() -> None:
    assert {person.group for person in EVERYBODY} == set(Group)


def test_people_live_where_the_table_says() -> None:
    found = Counter(person.residence for person in EVERYBODY)

    expected = {residence: share * len(EVERYBODY) / 100 for residence, share in RESIDENCES.items()}
    assert found == pytest.approx(expected, rel=0.05)


def test_each_brand_sells_where_the_policy_says() -> None:
    for person in EVERYBODY:
        overseas = person.residence in {Residence.CALIFORNIA, Residence.BRAZIL}
        assert (NORTHWIND in person.brands) is not overseas


def test_only_customers_of_both_brands_said_yes_to_one_of_them_alone() -> None:
    of_other_brand = [person for person in EVERYBODY if person.group is Group.OTHER_BRAND]

    assert {person.brands for person in of_other_brand} == {(NORTHWIND, HARBOR)}


def test_nobody_can_be_reached() -> None:
    phones = [person.phone for person in EVERYBODY if person.phone]

    assert all(person.email.endswith("@customers.example") for person in EVERYBODY)
    assert len(set(phones)) == len(phones)  # a number shared by two would join them into one person
    assert not any(person.phone for person in EVERYBODY if person.country in {"NL", "BR"})


@pytest.mark.parametrize(
    ("country", "number", "phone"),
    [
        ("DE", 0, "+493023125000"),
        ("DE", 4_999, "+492214710999"),
        ("DE", 5_000, None),
        ("FR", 23_569, "+33261913569"),
        ("GB", 1_234, "+442079460234"),
        ("US", 199, "+12135550199"),
        ("BR", 0, None),
    ],
)
def test_a_phone_number_is_one_reserved_for_fiction(country: str, number: int, phone: str | None) -> None:
    assert find_phone(country, number) == phone


def test_the_young_are_as_young_as_their_group_says() -> None:
    years = {
        Group.MINOR: (14, 17),
        Group.CHILD: (8, 12),
        Group.CHILD_WITH_GUARDIAN: (8, 12),
        Group.TEEN: (13, 15),
        Group.TEEN_GRANTED: (13, 15),
    }
    assert years.keys() == AGES_IN_DAYS.keys()
    for person in EVERYBODY:
        youngest, oldest = years.get(person.group, (19, 79))
        age = _age(person)
        assert age is None or youngest <= age <= oldest


def test_birthdays_of_the_young_are_known_and_of_some_adults_not() -> None:
    unknown = {person.group for person in EVERYBODY if _age(person) is None}

    assert unknown == set(Group) - AGES_IN_DAYS.keys()


def test_countries_are_iso_codes() -> None:
    assert {person.country for person in EVERYBODY} == {"DE", "FR", "NL", "GB", "US", "BR"}


def _age(person: Person) -> int | None:
    born_on = person.born_on(TODAY)
    if born_on is None:
        return None
    return TODAY.year - born_on.year - ((TODAY.month, TODAY.day) < (born_on.month, born_on.day))
