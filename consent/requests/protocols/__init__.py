"""Protocols by which machines ask: each translates to and from our own request."""
