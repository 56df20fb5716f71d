"""The identity provider that is set up."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.signing_in.single_sign_on.declared import IdentityProvider


def get_identity_provider() -> IdentityProvider:
    """Return the provider that is set up.

    :raises ImproperlyConfigured: if there is none. No page of single sign-on is reached then.
    """
    declared: IdentityProvider | None = settings.SINGLE_SIGN_ON
    if declared is None:
        raise ImproperlyConfigured("no identity provider is set up")
    return declared
