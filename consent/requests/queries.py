"""Reads of data subject requests: all that other apps may call."""

from consent.requests.packages.reading import open_released, stream_package

__all__ = ["open_released", "stream_package"]
