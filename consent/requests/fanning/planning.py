"""What has to be done for a request, step by step."""

from consent.requests.models import Request


def plan_steps(request: Request) -> None:
    """Plan the steps of a request that goes on. None are known yet."""
