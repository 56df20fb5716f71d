"""What lineage hears of a request."""

from consent.requests.models import Request


def begin_run(_request: Request) -> None:
    """Tell that a request began."""
