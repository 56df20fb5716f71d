"""Every text is there in each language, says the same things, and takes values for what they are."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from pytest_django import Settings

from consent.requests.mails.contents import CONTRACTS, DATES, GROUNDS, WrongContext, check_context
from consent.requests.mails.writing import TEXTS, Mail, Surroundings, write_mail
from consent.requests.types import ExtensionGround, MailTemplate, PauseGround, RefusalGround, RequestType
from consent.requests.wording.catalogue import Catalogue, NoSuchText, ValueMissing, list_places
from consent.requests.wording.languages import LANGUAGES, find_language, get_language
from consent.requests.wording.words import (
    WORDS,
    explain_extension,
    explain_pause,
    explain_refusal,
    name_type,
    spell_date,
)
from tests.mails_world import HOSTILE

LINK = "https://privacy.example/privacy/status/link?token=" + "a" * 43
AROUND = Surroundings(
    reference="R-12345678",
    type="a copy of your data",
    received_on=date(2026, 3, 5),
    controller="Northwind Records",
    portal="https://privacy.example/privacy/",
    law="gdpr",
    contact="privacy@northwind.example",
    link=LINK,
    link_ends_on=date(2026, 4, 1),
)
EACH = [(template, language) for template in MailTemplate for language in LANGUAGES]


def full_context(template: MailTemplate, text: str = "Please name the shop.") -> dict[str, str]:
    """Return a value for all that the template takes."""
    contract = CONTRACTS[template]
    values = dict.fromkeys(contract.needs | contract.takes, text)
    values |= dict.fromkeys(DATES & values.keys(), "2026-12-01")
    values |= {name: "yes" for name in ("partly", "kept") if name in values}
    if "ground" in values:
        values["ground"] = next(iter(GROUNDS[template])).value
    if "link_until" in values:
        values["link_until"] = "2026-12-01T10:00:00+00:00"
    return values | ({"code": "482913", "minutes": "15"} if template is MailTemplate.CODE else {})


def write(template: MailTemplate, language: str = "en", **changes: str) -> Mail:
    context, texts = full_context(template) | changes, TEXTS.texts(language)
    return write_mail(template, language=language, context=context, around=AROUND, texts=texts)


@pytest.mark.parametrize("catalogue", [TEXTS, WORDS], ids=["mails", "words"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_texts_with_the_same_places(catalogue: Catalogue, language: str) -> None:
    english = {name: (list_places(text), conditions(text)) for name, text in catalogue.texts("en").items()}
    other = {name: (list_places(text), conditions(text)) for name, text in catalogue.texts(language).items()}

    assert other == english
    assert all(catalogue.texts(language).values())


def conditions(text: str) -> list[str]:
    return re.findall(r"^\[[a-z_! ]+\] ", text, flags=re.MULTILINE)


@pytest.mark.parametrize(("template", "language"), EACH)
def test_every_mail_can_be_written_with_all_and_with_the_least(template: MailTemplate, language: str) -> None:
    least = {name: full_context(template)[name] for name in CONTRACTS[template].needs}
    for context in (full_context(template), least):
        for law in ("gdpr", "us", "elsewhere"):
            around = replace(AROUND, law=law, contact="")
            texts = TEXTS.texts(language)
            mail = write_mail(template, language=language, context=context, around=around, texts=texts)
            for text in (mail.subject, mail.text, mail.html, mail.sms):
                assert text.strip()
                assert not re.search(r"[{}]|\[[a-z_!]+\]", text.replace("{ color-scheme", ""))
            assert "\n" not in mail.subject
            assert len(mail.sms) < 320


@pytest.mark.parametrize(("template", "language"), EACH)
def test_every_value_that_a_mail_takes_is_said_in_it(template: MailTemplate, language: str) -> None:
    context = full_context(template)
    mail = write(template, language)

    for name in {"question", "reason", "code", "minutes"} & context.keys():
        assert context[name] in mail.text
    for _ in DATES & context.keys() - ({"due_on"} if template is MailTemplate.PAUSED else set()):
        assert spell_date(date(2026, 12, 1), language) in mail.text
    assert (LINK in mail.text) == (CONTRACTS[template].link is not None)
    assert AROUND.reference in mail.text
    assert "privacy@northwind.example" in mail.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ground", RefusalGround)
def test_a_refusal_names_its_ground_and_every_remedy(ground: RefusalGround, language: str) -> None:
    mail = write(MailTemplate.REFUSED, language, ground=ground.value)
    authority = {
        "en": "supervisory authority",
        "de": "Aufsichtsbehörde",
        "fr": "autorité de contrôle",
        "pt": "autoridade de controlo",
    }
    court = {
        "en": "judicial remedy",
        "de": "gerichtlicher Rechtsbehelf",
        "fr": "recours juridictionnel",
        "pt": "ação judicial",
    }

    assert explain_refusal(ground, language) in mail.text
    assert authority.get(language, "autoridad de control") in mail.text
    assert court.get(language, "tutela judicial") in mail.text
    assert spell_date(date(2026, 12, 1), language) in mail.text  # until when it can be looked at again


def test_who_lives_in_the_united_states_is_told_of_the_attorney_general() -> None:
    around = replace(AROUND, law="us")
    context = full_context(MailTemplate.REFUSED)

    texts = TEXTS.texts("en")
    mail = write_mail(MailTemplate.REFUSED, language="en", context=context, around=around, texts=texts)

    assert "attorney general" in mail.text
    assert "supervisory authority" not in mail.text


@pytest.mark.parametrize(("template", "language"), EACH)
def test_a_code_is_in_the_body_of_its_mail_and_nowhere_else(template: MailTemplate, language: str) -> None:
    mail = write(template, language)

    assert "482913" not in mail.subject
    assert ("482913" in mail.text) == ("482913" in mail.sms) == (template is MailTemplate.CODE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_an_officer_writes_is_text_in_the_mail_and_nothing_else(language: str) -> None:
    mail = write(MailTemplate.REFUSED, language, reason=HOSTILE)

    assert HOSTILE in mail.text
    assert "<script>" not in mail.html
    assert "&lt;script&gt;" in mail.html
    assert "{{ 7" in mail.html
    assert "{reference}" in mail.html  # what is put into a place is not read again
    assert "Bcc" not in mail.subject


@pytest.mark.parametrize(
    ("template", "context"),
    [
        (MailTemplate.CODE, {"code": "482913"}),
        (MailTemplate.CODE, {"code": "", "minutes": "15"}),
        (MailTemplate.REFUSED, {}),
        (MailTemplate.REFUSED, {"ground": "because"}),
        (MailTemplate.PAUSED, {"ground": RefusalGround.NO_DATA.value}),
        (MailTemplate.EXTENDED, {"ground": "complexity", "due_on": "soon"}),
        (MailTemplate.RECEIVED, {"name": "Mira"}),
        (MailTemplate.FULFILLED, {"partly": "a bit"}),
        (MailTemplate.PACKAGE_READY, {"link_until": "2026-12-01T10:00:00"}),
    ],
)
def test_a_template_that_is_told_something_else_says_which_key_and_no_value(
    template: MailTemplate, context: dict[str, str]
) -> None:
    with pytest.raises(WrongContext) as refused:
        check_context(template, context)

    assert template.value in str(refused.value)
    assert not any(value in str(refused.value).split(": ", 1)[1] for value in context.values() if value)


@pytest.mark.parametrize(
    ("language", "first", "fifth"),
    [
        ("en", "1 May 2026", "5 March 2026"),
        ("de", "1. Mai 2026", "5. März 2026"),
        ("fr", "1er mai 2026", "5 mars 2026"),
        ("es", "1 de mayo de 2026", "5 de marzo de 2026"),
        ("pt", "1 de maio de 2026", "5 de março de 2026"),
    ],
)
def test_dates_are_written_out(language: str, first: str, fifth: str) -> None:
    assert spell_date(date(2026, 5, 1), language) == first
    assert spell_date(date(2026, 3, 5), language) == fifth


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_closed_lists_is_said_in_each_language(language: str) -> None:
    said = [name_type(one, language) for one in RequestType]
    said += [explain_refusal(one, language) for one in RefusalGround]
    said += [explain_pause(one, language) for one in PauseGround]
    said += [explain_extension(one, language) for one in ExtensionGround]

    assert len(set(said)) == len(said)


def test_a_language_is_found_by_its_tag_and_english_stands_for_the_others() -> None:
    assert get_language("de-AT") == "de"
    assert get_language("it-CH") == "en"
    assert find_language(["it", "fr_CA", "de"]) == "fr"
    assert find_language([]) is None


def test_an_own_wording_stands_instead_of_ours_and_its_faults_are_told(
    tmp_path: Path, settings: Settings
) -> None:
    (tmp_path / "mails").mkdir()
    own = tmp_path / "mails" / "en.toml"
    own.write_text('[received]\nsubject = "Got it: {reference}"\nbod = "x"\n[code]\nsubject = "{cod}"\n')
    settings.WORDING_FOLDER = tmp_path

    assert TEXTS.say("received.subject", "en", reference="R-1") == "Got it: R-1"
    assert "Wir haben" in TEXTS.read("received.subject", "de")
    assert [fault.split("en.toml: ")[1] for fault in TEXTS.list_faults()] == [
        "there is no text received.bod",
        "code.subject has no place for cod",
    ]


def test_a_text_that_is_not_there_or_lacks_a_value_is_a_defect() -> None:
    with pytest.raises(NoSuchText):
        TEXTS.read("received.nothing", "en")
    with pytest.raises(ValueMissing):
        TEXTS.say("received.subject", "en")
