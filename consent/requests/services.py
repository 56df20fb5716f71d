"""Writes of data subject requests: all that other apps may call."""

from consent.requests.clocks.changing import extend, pause, resume

__all__ = ["extend", "pause", "resume"]
