"""The data map in the admin: systems, datasets, fields, references, and legal holds."""

from consent.requests.admin.data_map.datasets import DatasetAdmin, FieldAdmin, ReferenceAdmin
from consent.requests.admin.data_map.holds import LegalHoldAdmin
from consent.requests.admin.data_map.systems import SystemAdmin

__all__ = ["DatasetAdmin", "FieldAdmin", "LegalHoldAdmin", "ReferenceAdmin", "SystemAdmin"]
