"""Breach reports in the admin."""

from django.contrib import admin

from activation.desk.tracing.admin.reports import ReportAdmin
from activation.desk.tracing.models import BreachReport


@admin.register(BreachReport)
class BreachReportAdmin(ReportAdmin):
    """Breach reports, the latest first."""
