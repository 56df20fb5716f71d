"""Settings of the test-suite: the only ones with keys in the source."""

import os

# `./dev test` names its servers; type checks and the OpenAPI document need none.
os.environ.setdefault("DATABASE_URL", "postgresql:///accordant")
os.environ.setdefault("BROKER_URL", "memory://")
os.environ.setdefault("SECRET_KEY", "for-tests-only-" + "0" * 40)
os.environ.setdefault("ACCORDANT_IDENTIFIER_KEYS", "1:" + "11" * 32)
os.environ.setdefault("ACCORDANT_TOMBSTONE_KEY", "33" * 32)
os.environ.setdefault("ACCORDANT_SIGNING_KEY", "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI=")
os.environ.setdefault("ACCORDANT_MASTER_KEYS", "1:" + "33" * 32)
os.environ.setdefault("ACCORDANT_LINK_KEYS", "1:" + "44" * 32)
os.environ.setdefault("ACCORDANT_SIGNING_NAME", "accordant.example/test")

from config.databases import name_beside
from config.env import env
from config.settings.base import *  # noqa: F403
from config.settings.base import DATABASES

_TEST_DATABASE = env("ACCORDANT_TEST_DATABASE", default="test_accordant")
DATABASES["default"]["TEST"] = {"NAME": _TEST_DATABASE}
DATABASES["keys"]["TEST"] = {"NAME": name_beside(_TEST_DATABASE)}
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # slow ones only cost time here
USAGE_KEPT_EVERY = None  # tests keep it themselves: a thread would write beside their transactions
ALLOW_LOCAL_DESTINATIONS = True
UNMARKED_SESSIONS_ALLOWED = True  # `force_login` passes by our page; tests of signing in take it away
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # pages are served by plain HTTP here
