"""`manage.py reconcile_destination`: compare whom a destination says it holds with whom we know it holds."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from activation.enforcement.reconciliation import queries, services
from activation.enforcement.reconciliation.models import Reconciliation
from activation.enforcement.reconciliation.types import ReconciliationState


class Command(BaseCommand):
    """Compares each audience of one destination, and takes out who may not be there."""

    help = (
        "Ask a destination whom it holds, and compare. People who may not be there are taken out; the rest is"
        " told in figures. The exit code is 1 if anything differs or could not be compared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("destination", help="its slug in the register")
        parser.add_argument("--json", action="store_true", help="print one JSON object an audience")

    def handle(self, *_: Any, **options: Any) -> None:
        """Compare, and tell the result.

        :raises CommandError: if there is nothing to compare, or anything differs.
        """
        holdings = queries.list_comparable(destination=options["destination"])
        if not holdings:
            raise CommandError(
                "there is nothing to compare: the destination holds nobody that we know of, is not connected,"
                " or is of a kind that cannot say whom it holds (docs/reference/destinations.md)"
            )
        rows = [self._compare(holding, as_json=options["json"]) for holding in holdings]
        if not all(row.is_clean for row in rows):
            raise CommandError("what the destination holds differs, or could not be compared: see above")

    def _compare(self, holding_id: int, *, as_json: bool) -> Reconciliation:
        try:
            row = services.reconcile(holding_id=holding_id)
        except services.ReconciliationBusy as error:
            raise CommandError(str(error)) from None
        figures = _figures(row)
        self.stdout.write(json.dumps(figures) if as_json else _to_text(figures))
        return row


def _figures(row: Reconciliation) -> dict[str, Any]:
    return {
        "destination": row.destination,
        "audience": row.holding.audience,
        "purpose": row.holding.purpose,
        "controller": row.holding.controller,
        "state": row.state,
        "rows_there": row.rows_there,
        "members": row.members,
        "incomparable": row.incomparable,
        "missing": row.missing,
        "strays": row.strays,
        "taken_out": row.taken_out,
        "unexplained": row.unexplained,
        "error": row.error,
    }


def _to_text(figures: dict[str, Any]) -> str:
    head = f"{figures['audience']} at {figures['destination']} ({figures['purpose']}): {figures['state']}"
    if figures["state"] == ReconciliationState.FAILED:
        return f"{head}: {figures['error']}"
    missing = "not known (rows were sent meanwhile)" if figures["missing"] is None else figures["missing"]
    return (
        f"{head}\n  there: {figures['rows_there']:,} rows, of which strays {figures['strays']:,}"
        f" (taken out {figures['taken_out']:,}, unexplained {figures['unexplained']:,})"
        f"\n  here: {figures['members']:,} members, not named there {missing},"
        f" not comparable {figures['incomparable']:,}"
    )
