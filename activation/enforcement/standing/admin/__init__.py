"""Standing audiences and the orders for their runs in the admin."""

from activation.enforcement.standing.admin.audiences import StandingAudienceAdmin
from activation.enforcement.standing.admin.orders import RunOrderAdmin

__all__ = ["RunOrderAdmin", "StandingAudienceAdmin"]
