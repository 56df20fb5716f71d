"""Putting access packages together."""

from consent.requests.models import Package, Request
from consent.requests.types import PackageState


def begin_package(request: Request) -> Package:
    """Have a package of the locked request built; the one that is being built, if there is one."""
    package, _ = Package.objects.get_or_create(request=request, state=PackageState.BUILDING)
    return package
