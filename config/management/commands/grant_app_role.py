"""`manage.py grant_app_role ROLE`: the privileges of the role that the application runs as."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connections, transaction

from config.privileges import grant_privileges


class Command(BaseCommand):
    """Run it as the owner of the tables, after each migration."""

    help = (
        "Give a database role what the application needs, in both databases: it can add to evidence, and not"
        " change, delete or truncate it. The role is made if there is none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the role."""
        parser.add_argument("role")

    def handle(self, *, role: str, **_: object) -> None:
        """Grant the privileges in every database.

        :raises CommandError: if the connection may not.
        """
        for alias in connections:
            try:
                with transaction.atomic(using=alias):
                    grant_privileges(role=role, using=alias)
            except Error as error:
                raise CommandError(f"run this as the owner of the tables ({alias}): {error}") from error
            self.stdout.write(f"{alias}: {role} may add to evidence, and not change it")
