"""A real installation asks for factors and fresh proofs, and does not start with unsafe settings."""

import os
import subprocess
import sys

import pytest

from config.launch.arguments import ROOT

REPORT = (
    "import django; django.setup(); from django.conf import settings as s;"
    "print(s.REQUIRE_MFA, s.UNMARKED_SESSIONS_ALLOWED, s.FRESH_SIGN_IN, s.SESSION_COOKIE_SECURE,"
    " 'config.signing_in.fresh.Middleware' in s.MIDDLEWARE, s.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN)"
)
OIDC = {"ACCORDANT_OIDC_CLIENT_ID": "a", "ACCORDANT_OIDC_CLIENT_SECRET": "b"}


def start(**variables: str) -> "subprocess.CompletedProcess[str]":
    """Start Django with the settings of a real installation, and return what it said."""
    keys = {
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": "postgresql:///accordant",
        "BROKER_URL": "memory://",
        "ALLOWED_HOSTS": "consent.example.com",
        "ACCORDANT_IDENTIFIER_KEYS": "1:" + "11" * 32,
        "ACCORDANT_TOMBSTONE_KEY": "33" * 32,
        "ACCORDANT_SIGNING_KEY": "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=",
        "ACCORDANT_MASTER_KEYS": "1:" + "33" * 32,
        "ACCORDANT_LINK_KEYS": "1:" + "44" * 32,
        "ACCORDANT_SIGNING_NAME": "accordant.example/test",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", REPORT]
    return subprocess.run(
        command, cwd=ROOT, env={**keys, **variables}, capture_output=True, text=True, check=False
    )


def test_a_real_installation_is_strict_unless_told_otherwise() -> None:
    assert start().stdout.strip() == "True False 0:15:00 True True False"


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"ACCORDANT_REQUIRE_MFA": "false"}, "ACCORDANT_WITHOUT_MFA_BECAUSE"),
        ({"ACCORDANT_PASSWORD_SIGN_IN": "false"}, "nobody could sign in"),
        ({"ACCORDANT_OIDC_ISSUER": "https://login.example.com"}, "half declared"),
        ({"ACCORDANT_OIDC_ISSUER": "http://login.example.com", **OIDC}, "https"),
        ({"ACCORDANT_OIDC_FACTORS": "mfa"}, "not declared"),
        ({"ACCORDANT_FRESH_SIGN_IN_MINUTES": "0"}, "1 or more"),
    ],
)
def test_a_real_installation_does_not_start_with_unsafe_settings(
    variables: dict[str, str], named: str
) -> None:
    said = start(**variables)

    assert said.returncode != 0
    assert named in said.stderr


def test_who_says_why_may_go_without_factors() -> None:
    said = start(ACCORDANT_REQUIRE_MFA="false", ACCORDANT_WITHOUT_MFA_BECAUSE="a closed test network")

    assert said.returncode == 0, said.stderr
