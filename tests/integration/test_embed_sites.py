"""Sites in the admin: what is refused, what is shown, and what the ledger is told."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from pytest_django import Settings

from consent.ledger.models import PendingEvent
from consent.portal.embed.changes import CHANGED_KIND
from consent.portal.embed.origins import MalformedOrigin, read_origin
from consent.portal.embed.script import get_script
from consent.portal.models import Site
from tests.embed_world import ADS, GROUPS, KEY, MEASURING, SHOP, make_site
from tests.portal_world import open_shop

pytestmark = pytest.mark.django_db
FORM = {
    "slug": "northwind-shop",
    "controller": "northwind",
    "notice": "privacy",
    "origins": f"{SHOP}\n\nHTTPS://Shop.Northwind.Example:443",
    "categories": f"marketing: {ADS}, {GROUPS}\nanalytics:matomo: {MEASURING}",
    "is_active": "on",
    "signal_ad_storage": ADS,
}
HOSTILE = '"><img src=x onerror=alert(1)>'


@pytest.fixture
def officer() -> Client:
    open_shop()
    user = User.objects.create(username="olga", is_staff=True)
    codes = ("view_site", "add_site", "change_site")
    user.user_permissions.add(*Permission.objects.filter(codename__in=codes))
    client = Client()
    client.force_login(user)
    return client


def add(client: Client, **changes: Any) -> Any:
    return client.post("/admin/consent_portal/site/add/", {**FORM, **changes})


def told() -> list[dict[str, Any]]:
    rows = PendingEvent.objects.filter(kind=CHANGED_KIND).order_by("pk").values_list("envelope", flat=True)
    return [json.loads(bytes(row))["body"] for row in rows]


def test_a_site_is_made_with_a_key_and_the_ledger_is_told(officer: Client) -> None:
    answer = add(officer)

    assert answer.status_code == 302, answer.content.decode()
    site = Site.objects.get()
    assert site.origins == [SHOP, "https://shop.northwind.example"]
    assert site.categories == {"marketing": [ADS, GROUPS], "analytics:matomo": [MEASURING]}
    assert site.signals == {"ad_storage": ADS}
    assert len(site.key) == 22
    page = officer.get(f"/admin/consent_portal/site/{site.pk}/change/").content.decode()
    assert f"http://testserver/embed/consent.js&quot; data-site=&quot;{site.key}&quot;" in page
    assert get_script().integrity in page
    assert "Never" in page
    assert told()[0]["origins"] == sorted(site.origins)


def test_switching_off_is_told_and_nobody_deletes(officer: Client) -> None:
    add(officer)
    site = Site.objects.get()
    form = {name: value for name, value in FORM.items() if name not in {"slug", "is_active"}}

    answer = officer.post(f"/admin/consent_portal/site/{site.pk}/change/", form)

    assert answer.status_code == 302, answer.content.decode()
    site.refresh_from_db()
    assert not site.is_active
    assert (told()[1]["fields"], told()[1]["active"]) == (["is_active"], False)
    assert officer.post(f"/admin/consent_portal/site/{site.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"origins": ""},
        {"origins": "http://www.northwind.example"},
        {"origins": f"{SHOP}/shop"},
        {"origins": "https://*.northwind.example"},
        {"origins": f"https://{HOSTILE}"},
        {"origins": "\n".join(f"https://a{number}.example" for number in range(51))},
        {"categories": "marketing"},
        {"categories": "marketing: advertising.unknown"},
        {"categories": f"a: {ADS}\na: {ADS}"},
        {"categories": f"{HOSTILE}: {ADS}"},
        {"categories": "", "signal_ad_storage": ""},
        {"signal_ad_storage": "advertising.unknown"},
        {"controller": "nobody"},
        {"notice": "nothing"},
        {"slug": "Not A Slug"},
    ],
)
def test_what_a_site_cannot_be_is_refused_at_its_field(officer: Client, changes: dict[str, str]) -> None:
    answer = add(officer, **changes)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode() or "text-red" in answer.content.decode()
    assert HOSTILE not in answer.content.decode()
    assert not Site.objects.exists()
    assert told() == []


def test_a_hostile_row_is_shown_as_text(officer: Client) -> None:
    site = make_site(
        key=KEY, categories={HOSTILE: [HOSTILE]}, origins=[HOSTILE], signals={"ad_storage": HOSTILE}
    )

    for path in ("", f"{site.pk}/change/"):
        assert HOSTILE not in officer.get(f"/admin/consent_portal/site/{path}").content.decode()


def test_who_may_only_look_changes_nothing(officer: Client) -> None:
    user = User.objects.get(username="olga")
    user.user_permissions.set(Permission.objects.filter(codename="view_site"))
    site = make_site()

    assert officer.get(f"/admin/consent_portal/site/{site.pk}/change/").status_code == 200
    assert add(officer).status_code == 403


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("https://Shop.example", "https://shop.example"),
        (" https://shop.example:443 ", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
    ],
)
def test_an_origin_is_written_as_browsers_send_it(text: str, form: str) -> None:
    assert read_origin(text, allow_local=False) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "*",
        "shop.example",
        "http://shop.example",
        "https://",
        "https://shop.example/",
        "https://shop.example?",
        "https://shop.example#",
        "https://user@shop.example",
        "https://shop.example:99999",
        "https://shop.example:x",
        "https://bücher.example",
        "https://shop.example\\evil.example",
        "https://shop.example evil",
        "https://[::1",
        "ftp://shop.example",
        "https://localhost",
        "http://127.0.0.1:8000",
        "https://a.localhost",
        "https://" + "a" * 400,
    ],
)
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(MalformedOrigin):
        read_origin(text, allow_local=False)


def test_this_machine_is_an_origin_where_that_is_allowed() -> None:
    assert read_origin("http://127.0.0.1:8000", allow_local=True) == "http://127.0.0.1:8000"
    assert read_origin("http://localhost:80", allow_local=True) == "http://localhost"
    with pytest.raises(MalformedOrigin):
        read_origin("http://shop.example", allow_local=True)


def test_the_script_is_served_briefly_and_for_ever(settings: Settings) -> None:
    script = get_script()

    brief = Client().get("/embed/consent.js")
    lasting = Client().get(f"/embed/consent.{script.digest}.js", headers={"Accept-Encoding": "gzip"})

    assert brief.content == script.content
    assert brief["Content-Type"] == "text/javascript; charset=utf-8"
    assert (brief["Cache-Control"], brief["X-Content-Type-Options"]) == ("public, max-age=300", "nosniff")
    assert brief["Access-Control-Allow-Origin"] == "*"
    assert brief["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in brief.headers
    assert "immutable" in lasting["Cache-Control"]
    assert lasting["Content-Encoding"] == "gzip"
    again = Client().get("/embed/consent.js", headers={"If-None-Match": brief["ETag"]})
    assert again.status_code == 304
    assert Client().get(f"/embed/consent.{'0' * 16}.js").status_code == 404
    assert Client().post("/embed/consent.js").status_code == 405
