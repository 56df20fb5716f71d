"""Traces and breach reports in the admin."""

from activation.desk.tracing.admin.breaches import BreachReportAdmin
from activation.desk.tracing.admin.traces import TraceReportAdmin

__all__ = ["BreachReportAdmin", "TraceReportAdmin"]
