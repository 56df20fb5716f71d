"""Telling callers of machine protocols how far a request is."""
