"""Who a name and a password belong to."""

from typing import Any

from axes.backends import AxesStandaloneBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest


class ThrottleBackend(AxesStandaloneBackend):  # type: ignore[misc]  # axes has no types
    """Stands first, and ends the attempt of who is locked out."""

    def authenticate(self, request: HttpRequest | None, **credentials: Any) -> None:
        """Return nothing: others say who it is. Without a request nobody asks from outside.

        :raises PermissionDenied: if the name or the network failed too often.
        """
        if request is not None:
            super().authenticate(request, **credentials)


class OfficerBackend(ModelBackend):
    """Django's own, for officers only: anybody else gets the answer that a wrong password gets."""

    def authenticate(  # type: ignore[override]
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> AbstractBaseUser | None:
        """Return the officer whose password this is."""
        user = super().authenticate(request, username=username, password=password, **more)
        return user if user is not None and getattr(user, "is_staff", False) else None
