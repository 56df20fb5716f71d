"""What the register says of each processing activity, and what it admits not to know."""

from datetime import timedelta

import pytest

from activation.decisions.register import Suspension
from activation.desk.register.topics import TOPICS, NoteAbout, NoteTopic, Place
from activation.desk.register.types import Entry, Registration, Source
from tests.policy_documents import make_document, read_retailer, spoil
from tests.register_world import NOW, make_material, make_register

CONTACT = Place(NoteAbout.CONTROLLER, "shop", NoteTopic.CONTACT)


def entry_of(reference: str, **more: object) -> Entry:
    material = make_material(**more)  # type: ignore[arg-type]  # each test names what it changes
    return next(one for one in make_register(material).entries if one.reference == reference)


def test_there_is_one_entry_for_each_purpose_of_each_controller_that_has_a_rule() -> None:
    document = spoil(make_document(), "rules", 0, "controllers", value=["shop"])

    register = make_register(make_material(document))

    assert [one.reference for one in register.entries] == [
        "kiosk/service.orders",
        "shop/marketing.email",
        "shop/service.orders",
    ]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"status": "retired"}, "Retired"),
        ({"data_categories": []}, "A group"),
        ({}, "No rule"),
    ],
)
def test_a_purpose_that_is_no_entry_is_left_out_with_the_reason(
    changed: dict[str, object], reason: str
) -> None:
    document = make_document()
    document["purposes"]["spare"] = {**document["purposes"]["service.orders"], **changed}

    [left_out] = make_register(make_material(document)).left_out

    assert left_out.purpose == "spare"
    assert left_out.reason.startswith(reason)


def test_an_entry_says_what_the_policy_says() -> None:
    entry = entry_of("shop/marketing.email")

    assert entry.controller.name == "The shop"
    assert entry.controller.establishments == ("DE",)
    assert entry.purpose.description == "Tell you about offers."
    [ground] = entry.grounds
    assert (ground.legal_basis, ground.jurisdictions, ground.rule) == (
        "consent",
        ("EU", "GB"),
        "email-consent",
    )
    assert ground.consent_lasts == "13 months"
    assert ground.obligations == (
        "drop phone; replace email by its sha256; set flag to 'true';"
        " fill tc_string with the person's tcf string"
    )
    assert [one.data_category for one in entry.data_categories] == ["user.contact.email"]
    assert any("13 months" in one.text for one in entry.retention)


def test_what_the_policy_does_not_know_is_an_explicit_gap() -> None:
    entry = entry_of("kiosk/marketing.email")

    gaps = [one.place for one in entry.gaps]
    assert gaps == [
        "controller:kiosk:contact",
        "controller:kiosk:joint_controllers",
        "controller:kiosk:representative",
        "controller:kiosk:data_protection_officer",
        "purpose:marketing.email:data_subjects",
        "destination:ads:safeguards",
        "purpose:marketing.email:retention",
        "purpose:marketing.email:measures",
    ]
    assert all(one.text.startswith("To be filled in by the controller: ") for one in entry.gaps)


def test_every_gap_can_be_filled_by_a_note() -> None:
    notes = {
        Place(about, slug, topic): "said"
        for about, topics in TOPICS.items()
        for slug in ("shop", "kiosk", "marketing.email", "service.orders", "ads", "mailer")
        for topic in topics
    }

    register = make_register(make_material(notes=notes))

    assert register.gaps == 0
    assert make_register().gaps > 0


def test_a_note_fills_the_gap_it_is_about_and_no_other() -> None:
    before = entry_of("shop/marketing.email")

    after = entry_of("shop/marketing.email", notes={CONTACT: "Mill Lane 1, Berlin"})

    assert after.controller.contact.text == "Mill Lane 1, Berlin"
    assert after.controller.contact.source is Source.NOTE
    assert after.controller.representative == before.controller.representative
    assert len(after.gaps) == len(before.gaps) - 1


def test_a_controller_established_in_the_economic_area_needs_no_representative() -> None:
    assert entry_of("shop/marketing.email").controller.representative.source is Source.POLICY
    assert entry_of("kiosk/marketing.email").controller.representative.is_gap


def test_data_subjects_are_those_of_the_policy_unless_an_officer_says_more() -> None:
    document = spoil(make_document(), "purposes", "marketing.email", "data_subjects", value=["customer"])
    place = Place(NoteAbout.PURPOSE, "marketing.email", NoteTopic.DATA_SUBJECTS)
    names = {"customer": "Customers"}

    plain = entry_of("shop/marketing.email", document=document, data_subjects=names)
    noted = entry_of("shop/marketing.email", document=document, data_subjects=names, notes={place: "Buyers"})

    assert (plain.data_subjects.text, plain.data_subjects.source) == ("Customers", Source.POLICY)
    assert (noted.data_subjects.text, noted.data_subjects.source) == ("Buyers", Source.NOTE)


def test_a_recipient_is_named_with_country_role_and_what_it_gets() -> None:
    ads, mailer = entry_of("shop/marketing.email").recipients

    assert (ads.name, ads.role, ads.country, ads.third_country) == (
        "Ads",
        "controller in its own right",
        "US",
        True,
    )
    assert (mailer.role, mailer.country, mailer.third_country) == ("processor", "DE", False)
    assert ads.data_categories == ("contact.email",)
    assert ads.permitted_in == ("EU", "GB")
    assert ads.safeguards is not None
    assert ads.safeguards.is_gap
    assert mailer.safeguards is None


def test_a_recipient_to_whose_country_no_rule_lets_data_go_gets_nothing() -> None:
    document = spoil(make_document(), "destinations", "ads", "country", value="BR")

    ads = entry_of("shop/marketing.email", document=document).recipients[0]

    assert (ads.permitted_in, ads.data_categories) == ((), ())


def test_a_recipient_says_how_it_stands_at_the_registers_time() -> None:
    pause = Suspension(NOW - timedelta(days=1), NOW)

    def standing(**more: object) -> Registration:
        return entry_of("shop/marketing.email", **more).recipients[0].registration

    assert standing() is Registration.REGISTERED
    assert standing(suspended={"ads": pause}) is Registration.REGISTERED
    assert standing(suspended={"ads": pause}, at=NOW - timedelta(hours=1)) is Registration.SUSPENDED
    assert standing(at=NOW - timedelta(days=400)) is Registration.NOT_REGISTERED


def test_how_long_this_service_keeps_what_it_holds_is_told_apart_from_the_controllers_systems() -> None:
    entry = entry_of("shop/service.orders", kept={"runs": timedelta(days=3), "choices": None})

    service = [one.text for one in entry.retention if one.source is Source.SERVICE]
    assert service == ["This service's runs: kept 3 days.", "This service's choices: kept without an end."]
    assert entry.retention[0].is_gap


def test_a_whole_policy_is_assembled() -> None:
    register = make_register(make_material(read_retailer()))

    assert len(register.entries) == 20
    assert [one.purpose for one in register.left_out] == ["marketing"]
