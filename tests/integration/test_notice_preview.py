"""A notice is read as people read it before it is published, and sent to the officer as a test."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.core import mail as post
from django.test import Client

from consent.policies.models import NoticeText, NoticeVersion
from tests.records_world import publish_policy

pytestmark = pytest.mark.django_db
BASE = "/admin/consent_policies/noticeversion/"


def officer(*permissions: str, email: str = "") -> Client:
    user = get_user_model().objects.create(username="olga", is_staff=True, email=email)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def version() -> NoticeVersion:
    publish_policy()
    found = NoticeVersion.objects.first()
    assert found is not None
    return found


def test_a_notice_is_shown_in_each_of_its_languages(version: NoticeVersion) -> None:
    page = officer("view_noticeversion").get(f"{BASE}{version.pk}/preview/")

    assert page.status_code == 200
    for text in NoticeText.objects.filter(notice_version=version):
        assert f'lang="{text.language}"' in page.content.decode()
    assert "Send me a test" not in page.content.decode()


def test_a_test_goes_to_the_officers_own_address(version: NoticeVersion) -> None:
    client = officer("view_noticeversion", "change_noticeversion", email="olga@example.com")
    text = NoticeText.objects.filter(notice_version=version).first()
    assert text is not None

    sent = client.post(f"{BASE}{version.pk}/test/", {"language": text.language, "to": "victim@example.com"})

    assert sent.status_code == 302
    [mail] = post.outbox
    assert (mail.to, mail.body) == (["olga@example.com"], text.text)


@pytest.mark.parametrize("granted", [[], ["view_noticeversion"]])
def test_who_may_not_change_notices_sends_none(version: NoticeVersion, granted: list[str]) -> None:
    client = officer(*granted, email="olga@example.com")

    assert client.post(f"{BASE}{version.pk}/test/", {"language": "en"}).status_code == 403
    assert client.get(f"{BASE}{version.pk}/preview/").status_code == (200 if granted else 403)
    assert not post.outbox


def test_a_notice_that_is_none_is_not_found_and_a_language_that_is_none_is_asked_for_again(
    version: NoticeVersion,
) -> None:
    client = officer("view_noticeversion", "change_noticeversion", email="olga@example.com")

    assert client.get(f"{BASE}0/preview/").status_code == 404
    answer = client.post(f"{BASE}{version.pk}/test/", {"language": "xx"}, follow=True)
    assert "Choose one of those below" in answer.content.decode()
    assert not post.outbox
