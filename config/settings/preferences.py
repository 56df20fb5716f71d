"""Links to the preference centre."""

from django.core.exceptions import ImproperlyConfigured

from config.env import env

_MOST_VERSIONS = 65_535  # a link names its key's version in two bytes

# What seals links, by version: new ones under the highest, and those open that any of them sealed.
LINK_KEYS = env.versioned_keys("ACCORDANT_LINK_KEYS")
if max(LINK_KEYS) > _MOST_VERSIONS:
    raise ImproperlyConfigured(f"ACCORDANT_LINK_KEYS: versions go up to {_MOST_VERSIONS}.")
