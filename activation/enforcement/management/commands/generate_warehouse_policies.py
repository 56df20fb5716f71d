"""`manage.py generate_warehouse_policies`: native row access and masking policies for a warehouse."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement.warehouse.description import read_layout
from activation.enforcement.warehouse.ground import check_recipients
from activation.enforcement.warehouse.script import write_loads, write_policies
from activation.enforcement.warehouse.types import Product, WarehouseMalformed
from activation.snapshots.queries import open_snapshot
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Writes two SQL files: the policies, and the loading of the mapping they look at."""

    help = (
        "From the policy in force and a description of the warehouse's tables and readers (YAML), write"
        " policies.sql and load.sql into the folder OUTPUT. Nothing is run. Only those for PostgreSQL"
        " are tested on the real product."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--product", required=True, choices=list(Product))
        parser.add_argument("--tables", required=True, type=Path, help="the description")
        parser.add_argument("--output", required=True, type=Path, help="a folder that is there")

    def handle(self, *_: Any, **options: Any) -> None:
        """Write the files.

        :raises CommandError: if the description is malformed, or the product cannot do what the policy asks.
        """
        try:
            written = _generate(Product(options["product"]), options["tables"])
            for name, text in written.items():
                (options["output"] / name).write_text(text, encoding="utf-8")
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{options['output']}: cannot be written: {error.strerror}") from error
        self.stdout.write("\n".join(str(options["output"] / name) for name in written))


def _generate(product: Product, tables: Path) -> dict[str, str]:
    try:
        description = tables.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WarehouseMalformed(f"{tables.name}: cannot be read as text in UTF-8") from error
    layout = read_layout(description, product)
    with open_snapshot(at=timezone.now()) as snapshot:
        check_recipients(snapshot.register, layout)
        return {
            "policies.sql": write_policies(product, layout, snapshot.policy),
            "load.sql": write_loads(product, layout, snapshot.policy),
        }
