"""Which ports to serve on."""

import socket

from config.launch.errors import LaunchError

HOST = "127.0.0.1"
DEFAULT = 8000
TRIED = 100
LAST = 65535


class PortTaken(LaunchError):
    """Another program listens there."""


def choose(asked_for: int | None) -> int:
    """Return the port asked for, or else the first free one from 8000 on.

    :raises PortTaken: if the one asked for, or each that was tried, is taken.
    """
    candidates = [asked_for] if asked_for else range(DEFAULT, DEFAULT + TRIED)
    for port in candidates:
        if is_free(port):
            return port
    raise PortTaken(f"Port {candidates[0]} is taken. Choose another with --port, or leave --port out.")


def choose_beside(port: int) -> int:
    """Return the first free port above `port`.

    :raises PortTaken: if each that was tried is taken.
    """
    for candidate in range(port + 1, min(port + TRIED, LAST) + 1):
        if is_free(candidate):
            return candidate
    raise PortTaken(f"No port above {port} is free. Choose another with --port.")


def is_free(port: int) -> bool:
    """Return whether a server of ours could listen on `port` now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as the server does
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True
