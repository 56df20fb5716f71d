"""Consent changes told to others: as signed webhooks, or as a compacted topic. People are references."""
