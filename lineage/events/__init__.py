"""Builds OpenLineage run events from frozen values. Pure: no clock, no database, no network."""
