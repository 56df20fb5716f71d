"""Where a package's bytes go: sealed parts, written by the one worker that has the package now.

Whoever writes a part locks the request, then shows that the attempt is still the package's: a worker that
outlived its lease writes nothing any more. The same says how far it is, and keeps the lease.
"""

import hashlib
from datetime import timedelta
from time import monotonic

from django.db import transaction

from consent.keys.vault import PartWriter
from consent.requests import vault
from consent.requests.models import Package, Request
from consent.requests.moving import lock_request
from consent.requests.packages.types import BuildTaken
from consent.requests.types import ContentDestroyed
from lineage.leases import claiming

LEASE = timedelta(minutes=2)
_TOLD_EVERY = 1.0  # seconds


def part_name(package: Package) -> str:
    """Return the name of the sealed parts that hold the package."""
    return f"package/{package.pk}"


class PackageSink:
    """Takes the bytes of a package in their order. A file object, as far as `zipfile` needs one."""

    def __init__(self, package: Package, key: bytes) -> None:
        self._package, self._key = package, key
        self._parts = PartWriter(self._write_part)
        self._hash = hashlib.sha256()
        self._told_at = monotonic()
        self.size = 0
        self.rows_done = 0

    @property
    def parts(self) -> int:
        """How many parts were written."""
        return self._parts.parts

    @property
    def digest(self) -> str:
        """`sha256:` and the hex digest of all that was written."""
        return f"sha256:{self._hash.hexdigest()}"

    def start(self, *, rows_total: int) -> None:
        """Say how many rows there are, and remove what an earlier attempt left.

        :raises BuildTaken: if the package is not this attempt's any more.
        """
        with transaction.atomic():
            request = self._lock()
            vault.clear(request, part_name(self._package))
            Package.objects.filter(pk=self._package.pk).update(rows_total=rows_total, rows_done=0)

    def write(self, content: bytes) -> int:
        """Take the next bytes.

        :raises BuildTaken: if the package is not this attempt's any more.
        """
        self._hash.update(content)
        self.size += len(content)
        self._parts.add(bytes(content))
        return len(content)

    def flush(self) -> None:
        """Do nothing: parts are written when they are full, and at the end."""

    def end(self) -> None:
        """Write what waits."""
        self._parts.end()

    def tell_of(self, rows: int) -> None:
        """Count rows as done; say so in the package's row about once a second, which keeps the lease, too.

        :raises BuildTaken: if the package is not this attempt's any more.
        """
        self.rows_done += rows
        if monotonic() - self._told_at >= _TOLD_EVERY:
            with transaction.atomic():
                self._keep()

    def _write_part(self, number: int, content: bytes) -> None:
        with transaction.atomic():
            request = self._lock()
            vault.write_part(request, self._key, part_name(self._package), content, number=number)

    def _lock(self) -> Request:
        """Return the request, locked first, as everybody does who needs both; then the package is ours."""
        request = lock_request(self._package.request_id)
        if not request.kek_version:
            raise ContentDestroyed("what this request held was destroyed when its time was over")
        self._keep()
        return request

    def _keep(self) -> None:
        if not claiming.keep(self._package, lease=LEASE):
            raise BuildTaken("another worker has this package, or it is not wanted any more")
        Package.objects.filter(pk=self._package.pk, rows_total__gte=self.rows_done).update(
            rows_done=self.rows_done
        )
        self._told_at = monotonic()
