"""The ledger in the admin: to read, never to change."""

from consent.ledger.admin import trail
from consent.ledger.admin.pages import EvidenceAdmin, StepAdmin, go_to

__all__ = ["EvidenceAdmin", "StepAdmin", "go_to", "trail"]
