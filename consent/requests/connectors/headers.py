"""Secrets that go into a header. Pure."""

from consent.requests.connectors.interface import DeclaredSystem, SystemRefused


def insist_on_header_secret(system: DeclaredSystem) -> None:
    """Return if the system's secret can stand in a header; none can, too.

    :raises SystemRefused: otherwise.
    """
    if not (system.secret.isascii() and (system.secret.isprintable() or not system.secret)):
        raise SystemRefused("the secret cannot go into a header: enter it again")
