"""The preference centre's mails in officers' words, and whether they leave."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from consent.portal.models import PortalMessage
from consent.portal.preferences.wording import TEXTS
from consent.portal.types import MailKind
from consent.requests.wording.changing import WordingRefused, change_texts
from tests.portal_world import open_shop, text_of
from tests.preferences_world import ANN, ask, read_code, read_link, send_mails

pytestmark = pytest.mark.django_db
LIST = "admin:consent_portal_portalmessage_changelist"


@pytest.fixture
def officer() -> User:
    return User.objects.create_superuser(username="olga", email="olga@northwind.example")


@pytest.fixture
def desk(officer: User) -> Client:
    client = Client()
    client.force_login(officer)
    return client


@pytest.fixture(autouse=True)
def shop(settings: Settings) -> None:
    settings.PUBLIC_URL = "https://privacy.example"
    open_shop()


def test_a_mail_says_what_officers_worded_with_its_code_and_its_link(officer: User) -> None:
    body = "Hello from us.\n\n{code}\n\n[link] Or click ({link_minutes} min):\n\n[link] {link}"
    change_texts(TEXTS, "en", {"mail_code.body": body}, officer_id=officer.pk)

    ask(Client())

    mail = send_mails()[-1]
    assert mail.body.startswith("Hello from us.")
    assert read_code(mail.body)
    assert read_link(mail.body).startswith("/privacy/choices/link/")


@pytest.mark.parametrize(
    "body", ["No code.\n\n{link}", "{code} but no way in", "{code}\n\n{link}\n\n{subject_ref}"]
)
def test_a_mail_cannot_lose_what_it_is_for(body: str, officer: User) -> None:
    with pytest.raises(WordingRefused):
        change_texts(TEXTS, "en", {"mail_code.body": body}, officer_id=officer.pk)


@pytest.mark.parametrize("kind", MailKind)
def test_officers_see_each_mail_with_example_values(kind: MailKind, desk: Client) -> None:
    address = reverse("admin:consent_requests_request_mails")

    page = desk.get(address, {"mail": f"preferences:mail_{kind}", "language": "de", "law": "gdpr"})

    assert page.status_code == 200
    assert "7K3F-9QXW" in text_of(page)
    assert "Example Records" in text_of(page)


def test_given_up_mails_are_listed_without_anybody_in_them(desk: Client) -> None:
    ask(Client())
    message = PortalMessage.objects.get()
    PortalMessage.objects.filter(pk=message.pk).update(
        given_up_at=timezone.now(), failures=5, last_error="the mail server refused it"
    )

    listed = text_of(desk.get(reverse(LIST), {"state": "given-up"}))
    page = text_of(desk.get(reverse("admin:consent_portal_portalmessage_change", args=[message.pk])))

    for text in (listed, page):
        assert "the mail server refused it" in text
        assert ANN not in text
    assert str(message.pk) in listed
    assert str(message.pk) not in text_of(desk.get(reverse(LIST), {"state": "sent"}))
    assert desk.get(reverse("admin:consent_portal_portalmessage_add")).status_code == 403


def test_own_words_of_the_preference_centre_are_looked_at_before_a_start(
    settings: Settings, tmp_path: Path
) -> None:
    own = tmp_path / "preferences"
    own.mkdir()
    (own / "en.toml").write_text('[mail_code]\nsubject = "{nobody}"\n[choices]\nnever = "x"\n')
    settings.WORDING_FOLDER = tmp_path

    faults = [one.msg for one in run_checks() if one.id == "consent_portal.E001"]

    assert len(faults) == 2
    assert all("preferences" in one for one in faults)
