"""Drift: how far what a run sent is from what may be sent now, and from what may be sent soon."""
