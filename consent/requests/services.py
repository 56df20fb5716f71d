"""Writes of data subject requests: all that other apps may call."""

from consent.requests.packages.building import begin_package

__all__ = ["begin_package"]
