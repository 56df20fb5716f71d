"""The names that rows may use, read from a policy."""

from functools import lru_cache

from consent.kernel import canonical
from consent.records.types import Vocabulary


@lru_cache(maxsize=4)
def read_vocabulary(document: bytes) -> Vocabulary:
    """Return the names that a published policy (canonical JSON) declares."""
    policy = canonical.loads(document)
    return Vocabulary(
        purposes=frozenset(policy.get("purposes", {})),
        controllers=frozenset(policy.get("controllers", {})),
        destinations=frozenset(policy.get("destinations", {})),
        notices=frozenset(
            (key, int(version))
            for key, notice in policy.get("notices", {}).items()
            for version in notice.get("versions", {})
        ),
    )
