"""Single sign-on: who comes in, as whom, with which roles; and whose token is not believed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone
from django.utils.module_loading import import_string

from config.env import Env
from config.signing_in.single_sign_on.declared import read_identity_provider
from config.signing_in.single_sign_on.officers import OfficerAdapter
from tests.identity_provider import CLIENT_SECRET, STRANGE_KEY, Provider, declare, list_apps
from tests.signing_in_world import give_app, list_kinds, list_told, make_officer, send_password

pytestmark = pytest.mark.django_db
BEGIN = "/account/sso/oidc/"
TOKENS = "config.signing_in.single_sign_on.tokens"


@pytest.fixture
def provider(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Return a provider that the settings declare."""
    provider = Provider()
    settings.UNMARKED_SESSIONS_ALLOWED = False
    settings.SINGLE_SIGN_ON, settings.SOCIALACCOUNT_PROVIDERS = declare(), list_apps()
    monkeypatch.setattr(OfficerAdapter, "get_requests_session", lambda _: provider)
    return provider


def come(provider: Provider, client: Client | None = None, query: str = "") -> tuple[Client, Any]:
    """Go to the provider and back, and return the browser and the last answer."""
    client = client or Client()
    sent = client.get(BEGIN + query)
    return client, client.get(provider.authorize(sent["Location"]))


def test_an_officer_known_by_a_verified_address_comes_in(provider: Provider) -> None:
    officer = make_officer(email="Olga@example.com")

    client, answer = come(provider, query="?next=/admin/auth/user/")

    assert answer["Location"] == "/admin/auth/user/"
    assert client.get("/admin/auth/user/add/").status_code == 200
    assert list_told()[-1] == ("signed_in", {"officer": officer.pk, "by": "single sign-on", "factor": False})
    assert set(SocialAccount.objects.get().extra_data) == {"auth_time"}
    assert not SocialToken.objects.exists()


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}]
)
@pytest.mark.parametrize("makes", [False, True])
def test_nobody_takes_an_account_over_by_an_address_that_is_not_verified(
    provider: Provider, settings: Any, claims: dict[str, Any], makes: bool
) -> None:
    settings.SINGLE_SIGN_ON = declare(makes_officers=makes, groups={"staff": "Auditor"})
    make_officer(email="olga@example.com")
    provider.claims = {**claims, "groups": ["staff"]}

    client, answer = come(provider)

    assert answer.status_code == 403
    assert client.get("/admin/").status_code == 302
    assert not SocialAccount.objects.exists()
    assert User.objects.count() == 1


def test_who_is_not_known_is_not_let_in_unless_officers_are_made(provider: Provider, settings: Any) -> None:
    assert come(provider)[1].status_code == 403
    assert not User.objects.exists()

    settings.SINGLE_SIGN_ON = declare(makes_officers=True, groups={"staff": "Auditor"})
    Group.objects.create(name="Auditor")
    provider.claims = {"groups": ["staff", "others"], "preferred_username": "olga"}
    client, answer = come(provider)

    made = User.objects.get()
    assert answer.status_code == 302
    assert (made.is_staff, made.is_superuser, made.has_usable_password()) == (True, False, False)
    assert [group.name for group in made.groups.all()] == ["Auditor"]
    assert client.get("/admin/").status_code == 200


def test_a_name_that_is_taken_does_not_make_one_person_another(provider: Provider, settings: Any) -> None:
    settings.SINGLE_SIGN_ON = declare(makes_officers=True, domains=("example.com",))
    boss = make_officer("olga", email="boss@example.com")
    provider.claims = {"preferred_username": "olga"}

    come(provider)

    assert User.objects.exclude(pk=boss.pk).get().username != "olga"
    assert SocialAccount.objects.get().user_id != boss.pk


def test_roles_follow_the_providers_groups_and_other_groups_stay(provider: Provider, settings: Any) -> None:
    settings.SINGLE_SIGN_ON = declare(groups={"a": "Auditor", "e": "Engineer"})
    officer = make_officer(email="olga@example.com")
    for name in ("Auditor", "Engineer", "Own"):
        Group.objects.create(name=name)
    officer.groups.add(*Group.objects.filter(name__in=["Auditor", "Own"]))
    provider.claims = {"groups": ["e"]}

    come(provider)
    assert set(officer.groups.values_list("name", flat=True)) == {"Engineer", "Own"}
    assert "roles_given" in list_kinds()

    provider.claims = {"groups": []}
    assert come(provider)[1].status_code == 403


@pytest.mark.parametrize(("address", "verified"), [("olga@evil.example", True), ("olga@example.com", False)])
def test_only_verified_addresses_of_allowed_domains_come_in(
    provider: Provider, settings: Any, address: str, verified: bool
) -> None:
    settings.SINGLE_SIGN_ON = declare(makes_officers=True, domains=("example.com",))
    provider.claims = {"email": address, "email_verified": verified}

    assert come(provider)[1].status_code == 403


HOSTILE: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "somebody"}},
    "two audiences": {"claims": {"aud": ["accordant", "somebody"]}},
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "expired": {"claims": {"exp": 1}},
    "never expires": {"claims": {"exp": None}},
    "no subject": {"claims": {"sub": None}},
    "not signed": {"algorithm": "none"},
    "signed by another key": {"key": STRANGE_KEY},
    "signed by the client secret": {"algorithm": "HS256", "key": CLIENT_SECRET * 3},
    "another issuer's document": {"issuer": "https://evil.example"},
    "no token": {"sends_token": False},
}


@pytest.mark.parametrize("case", sorted(HOSTILE))
def test_a_token_that_is_not_for_us_now_lets_nobody_in(provider: Provider, case: str) -> None:
    make_officer(email="olga@example.com")
    client = Client()
    sent = client.get(BEGIN)
    for name, value in HOSTILE[case].items():
        setattr(provider, name, value)

    answer = client.get(provider.authorize(sent["Location"]))

    assert answer.status_code == 403
    assert client.get("/admin/").status_code == 302
    assert list_kinds() == ["sign_in_failed"]


def believe(*unchecked: str) -> Callable[..., Any]:
    """Return PyJWT's reading of a token without some of its checks."""

    def decode(token: str, **given: Any) -> Any:
        options: Any = {**given.pop("options"), **{f"verify_{one}": False for one in unchecked}}
        return plain(token, **given, options=options)

    plain = jwt.decode
    return decode


MUTANTS: dict[str, tuple[str, str, Any]] = {
    "another nonce": (f"{TOKENS}.hmac", "compare_digest", lambda *_: True),
    "another issuer": (f"{TOKENS}.jwt", "decode", believe("iss")),
    "another audience": (f"{TOKENS}.jwt", "decode", believe("aud")),
    "expired": (f"{TOKENS}.jwt", "decode", believe("exp")),
    "signed by another key": (f"{TOKENS}.jwt", "decode", believe("signature", "exp", "iss", "aud")),
}


@pytest.mark.parametrize("case", sorted(MUTANTS))
def test_mutant_that_leaves_one_check_of_a_token_out_lets_it_in(
    provider: Provider, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """The test above would see it."""
    make_officer(email="olga@example.com")
    module, name, mutant = MUTANTS[case]
    monkeypatch.setattr(module, SimpleNamespace(**{**vars(import_string(module)), name: mutant}))
    for field, value in HOSTILE[case].items():
        setattr(provider, field, value)

    client, answer = come(provider)

    assert answer.status_code == 302
    assert client.get("/admin/").status_code == 200


def test_mutant_that_takes_every_address_for_verified_gives_the_account_away(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tests above would see it."""
    make_officer(email="olga@example.com")
    provider.claims = {"email_verified": False}
    plain = OfficerAdapter._find_or_make
    monkeypatch.setattr(
        OfficerAdapter,
        "_find_or_make",
        lambda self, request, login, claims: plain(self, request, login, {**claims, "email_verified": True}),
    )

    assert come(provider)[0].get("/admin/").status_code == 200


def test_mutant_that_keeps_a_state_takes_a_code_twice(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test below would see it."""
    make_officer(email="olga@example.com")
    monkeypatch.setattr(
        statekit, "unstash_state", lambda request, state_id, **_: statekit.get_states(request)[state_id][0]
    )
    client, _ = come(provider)
    back = provider.authorize(client.get(BEGIN)["Location"])

    assert [client.get(back).status_code for _ in range(2)] == [302, 302]


def test_a_state_that_is_strange_or_used_leads_nowhere(provider: Provider) -> None:
    make_officer(email="olga@example.com")
    client = Client()
    back = provider.authorize(client.get(BEGIN)["Location"])

    assert Client().get(back).status_code == 403
    assert client.get(back.replace("state=", "state=x")).status_code == 403
    assert client.get(back).status_code == 302
    client.post("/account/logout/")
    assert client.get(back).status_code == 403


def test_the_address_cannot_say_what_the_provider_is_asked(provider: Provider) -> None:
    query = "?process=connect&scope=admin&auth_params=prompt%3Dnone&next=https://evil.example/"
    make_officer(email="olga@example.com")

    _, answer = come(provider, query=query)

    assert answer["Location"] == "/admin/"
    assert "prompt" not in provider.asked


def test_a_factor_of_the_provider_counts_only_if_the_settings_trust_it(
    provider: Provider, settings: Any
) -> None:
    settings.REQUIRE_MFA = True
    give_app(make_officer(email="olga@example.com"))
    provider.claims = {"amr": ["pwd", "mfa"]}
    assert come(provider)[1]["Location"] == "/account/factor/"

    settings.SINGLE_SIGN_ON_FACTORS = ["mfa"]
    client, answer = come(provider)
    assert answer["Location"] == "/admin/"
    assert client.get("/admin/").status_code == 200

    provider.claims = {"amr": ["pwd"]}
    assert come(provider)[1]["Location"] == "/account/factor/"


def test_an_old_sign_in_at_the_provider_is_no_fresh_proof(provider: Provider) -> None:
    make_officer(email="olga@example.com")
    provider.claims = {"auth_time": int(timezone.now().timestamp()) - 3600}
    client, _ = come(provider)
    assert client.get("/admin/auth/user/add/").status_code == 302

    provider.claims = {}
    come(provider, client, "?again=1")
    assert (provider.asked["prompt"], provider.asked["max_age"]) == ("login", "0")
    assert client.get("/admin/auth/user/add/").status_code == 200


def test_passwords_can_be_switched_off(provider: Provider, settings: Any) -> None:
    settings.PASSWORD_SIGN_IN = False
    make_officer()
    client = Client()

    assert send_password(client).status_code == 403
    page = client.get("/account/login/").content.decode()
    assert "password" not in page.replace("lost password", "")
    assert "Sign in with single sign-on" in page
    assert client.get("/admin/").status_code == 302


def test_without_a_provider_there_is_no_such_address() -> None:
    assert Client().get(BEGIN).status_code == 404


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"ACCORDANT_OIDC_ISSUER": "https://x.example"}, "half declared"),
        ({"ACCORDANT_OIDC_OFFICERS": "all"}, "known"),
        ({"ACCORDANT_OIDC_OFFICERS": "made"}, "everybody"),
        ({"ACCORDANT_OIDC_GROUPS": "a"}, "entry 1"),
    ],
)
def test_what_is_declared_wrongly_is_named(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], named: str
) -> None:
    if "half" not in named:
        for name in ("ISSUER", "CLIENT_ID", "CLIENT_SECRET"):
            monkeypatch.setenv(f"ACCORDANT_OIDC_{name}", "https://x.example")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(Exception, match=named):
        read_identity_provider(Env())
