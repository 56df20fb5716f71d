"""Reads of data subject requests: all that other apps may call."""

from consent.requests.packages.previewing import list_datasets, list_rows
from consent.requests.packages.reading import count_downloads, open_released, stream_package

__all__ = ["count_downloads", "list_datasets", "list_rows", "open_released", "stream_package"]
