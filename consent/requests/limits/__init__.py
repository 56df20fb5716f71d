"""Limits on what visitors whom nobody knows may do: by address, and by contact."""
