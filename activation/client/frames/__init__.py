"""The batch filter: whole tables of people, of which those rows pass that may be used. Needs pyarrow.

Installed by the extra `frames`: `pip install accordant-client[frames]`. Whatever speaks Arrow's C interface
can be given, a Polars frame among them; nothing is imported that the caller has not.
"""

from activation.client.frames.columns import ColumnsUnfit
from activation.client.frames.filtering import BatchFilter, FilteredBatches
from activation.client.frames.intake import NotATable
from activation.client.frames.results import Filtered, Summary

__all__ = ["BatchFilter", "ColumnsUnfit", "Filtered", "FilteredBatches", "NotATable", "Summary"]
