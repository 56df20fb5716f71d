"""The outbox in the admin: events, which are evidence; their deliveries; and how each transport is."""

from lineage.outbox.admin.deliveries import DeliveryAdmin
from lineage.outbox.admin.evidence import OutboxEventAdmin
from lineage.outbox.admin.transports import BackendAdmin

__all__ = ["BackendAdmin", "DeliveryAdmin", "OutboxEventAdmin"]
