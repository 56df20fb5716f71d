"""Addresses that other systems send OpenLineage events to."""
