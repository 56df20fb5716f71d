"""`manage.py enforce_on_spark`: let those rows leave that may, decided on an existing Spark."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from activation.enforcement import queries
from activation.enforcement.management.commands.enforce_audience import (
    add_parent_option,
    result_as_json,
    result_as_text,
)
from activation.enforcement.parents import read_parent
from consent.kernel.errors import AccordantError


class Command(BaseCommand):
    """Decides every row of an audience on Spark; signs the manifest and writes the evidence here."""

    help = (
        "Decide every row of Parquet (a file or a folder) on Spark, and write the allowed ones into a folder"
        " of Parquet. Beside OUTPUT lie OUTPUT.manifest.json, signed, and OUTPUT.evidence, which is"
        " pseudonymous personal data: keep it closed. Needs a file of people (write_people_file), and paths"
        " that Spark's workers see as this machine does. A run that cannot finish writes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--purpose", required=True)
        parser.add_argument("--destination", required=True)
        parser.add_argument("--controller", help="may be left out if the policy has one controller only")
        parser.add_argument("--input", required=True, type=Path, help="a Parquet file, or a folder of them")
        parser.add_argument("--output", required=True, type=Path, help="a folder that is not there yet")
        parser.add_argument("--subject-column", help="whose text is the reference (default: subject_ref)")
        parser.add_argument("--master", help="as spark-submit's (default: what spark-defaults.conf says)")
        add_parent_option(parser)
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, **options: Any) -> None:
        """Run, and tell the result.

        :raises CommandError: if the run is refused, or fails.
        """
        try:
            from activation.enforcement.spark_session import open_session  # noqa: PLC0415 - an extra
        except ModuleNotFoundError as error:
            raise CommandError("Spark is not installed here: install accordant[spark]") from error
        try:
            with open_session(options["master"]) as session:
                self._enforce(session, options)
        except AccordantError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"the run failed and delivered nothing: {error.strerror}") from error

    def _enforce(self, session: Any, options: dict[str, Any]) -> None:
        from activation.enforcement.spark_runs import enforce_on_spark  # noqa: PLC0415 - as above

        at = timezone.now()
        result = enforce_on_spark(
            session=session,
            purpose=options["purpose"],
            destination=options["destination"],
            controller=options["controller"] or queries.get_only_controller(at=at),
            input_path=options["input"],
            output_path=options["output"],
            at=at,
            subject_column=options["subject_column"],
            parent=read_parent(options["parent_run"]),
        )
        self.stdout.write(result_as_json(result) if options["json"] else result_as_text(result))
