"""Whether a password is the officer's own, counted like any other try."""

from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest

from config.signing_in.telling import tell
from config.signing_in.turns import taking_turns


def check_password(request: HttpRequest, password: str) -> bool:
    """Return whether it is. What is wrong counts towards the lock-out."""
    officer: Any = request.user
    name = officer.get_username()
    with taking_turns(request, name):
        found = authenticate(request, username=name, password=password)
    if found is not None and found.pk == officer.pk:
        return True
    tell("sign_in_failed", officer_id=officer.pk, by="password, again")
    return False
