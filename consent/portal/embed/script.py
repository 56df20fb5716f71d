"""The script as it is served: what was built, its digest, and earlier ones that pages may still name."""

import base64
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BUILT = Path(__file__).with_name("built")
SCRIPT = BUILT / "consent.js"
EARLIER = BUILT / "earlier"
"""Files of earlier releases, as `consent.<digest>.js`: pages that name one by its hash go on working."""
DIGEST_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Script:
    """One build of the script."""

    content: bytes

    @property
    def digest(self) -> str:
        """What its lasting address holds."""
        return hashlib.sha256(self.content).hexdigest()[:DIGEST_LENGTH]

    @property
    def integrity(self) -> str:
        """Its Subresource Integrity value."""
        return "sha384-" + base64.b64encode(hashlib.sha384(self.content).digest()).decode()


@lru_cache(maxsize=1)
def get_script() -> Script:
    """Return the script of this release."""
    return Script(SCRIPT.read_bytes())


def find_script(digest: str) -> Script | None:
    """Return the build of this digest: this release's, or one that was kept; None if there is none."""
    current = get_script()
    if digest == current.digest:
        return current
    return _list_earlier().get(digest)


@lru_cache(maxsize=1)
def _list_earlier() -> dict[str, Script]:
    found = (Script(file.read_bytes()) for file in sorted(EARLIER.glob("consent.*.js")))
    return {script.digest: script for script in found}
