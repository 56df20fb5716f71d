"""Settings of `./dev`: keys come from the home folder and are generated there once."""

import os

from config.embedded.keys import load_or_create
from config.env import env, home

for _name, _value in load_or_create(home()).environment().items():
    if f"{_name}_FILE" not in os.environ:
        os.environ.setdefault(_name, _value)

# Mails and text messages are files in the home folder: codes can be read there, and reach nobody.
os.environ.setdefault("EMAIL_URL", f"filemail://{home()}/mails")
os.environ.setdefault("ACCORDANT_SMS_BACKEND", "consent.requests.mails.sms.backends.File")

from config.settings.base import *  # noqa: F403

ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
# Recipients on this machine: a folder, the embedded PostgreSQL, a broker in Docker.
ALLOW_LOCAL_DESTINATIONS = env.bool("ACCORDANT_ALLOW_LOCAL_DESTINATIONS", default=True)
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # `localhost` by plain HTTP
