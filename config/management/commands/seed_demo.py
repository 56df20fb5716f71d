"""`seed_demo`: run the main job on the demo's data and tell it as a story."""

import json as json_module
from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from config.demo.calls import AdPlatformPage
from config.demo.evidence import StoryFailed
from config.demo.main_job import MainJob
from config.demo.stage import make_login
from config.demo.telling import Teller


class Command(BaseCommand):
    """Seeds the demo. Needs the other processes to run, check server included: `./dev demo` starts them."""

    help = "Run the main job end to end on real purchases and generated choices, and tell it as a story."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--url", required=True, help="where the web process answers")
        parser.add_argument("--check-url", required=True, help="where the check server answers")
        parser.add_argument("--platform-url", required=True, help="where the demo's ad platform listens")
        parser.add_argument(
            "--platform-secret",
            type=Path,
            required=True,
            metavar="FILE",
            help="the secret that it shares with us",
        )
        parser.add_argument("--shop-url", required=True, help="where the demo's shop page is")
        parser.add_argument("--json", type=Path, metavar="FILE", help="write the story's figures to FILE")
        parser.add_argument("--login", action="store_true", help="make a login for the admin and print it")

    def handle(
        self,
        *,
        url: str,
        check_url: str,
        platform_url: str,
        platform_secret: Path,
        shop_url: str,
        json: Path | None,
        login: bool,
        **_: object,
    ) -> None:
        """Tell the story.

        :raises CommandError: if something in it does not come out as it must.
        """
        job = MainJob(
            folder=settings.HOME / "demo",
            lineage_file=Path(settings.LINEAGE_FILE),
            url=url.rstrip("/"),
            check_url=check_url.rstrip("/"),
            platform=AdPlatformPage(
                f"{platform_url.rstrip('/')}/", platform_secret.read_text(encoding="utf-8").strip()
            ),
            shop_url=shop_url.rstrip("/"),
            teller=Teller(self.stdout),
            now=timezone.now,
        )
        try:
            summary = job.run()
        except StoryFailed as error:
            raise CommandError(str(error)) from error
        if json:
            _write(json, summary)
        if login:
            name, password = make_login()
            self.stdout.write(
                f"\nThe admin: {url}/admin/  name: {name}  password: {password}  (for this start)"
            )


def _write(file: Path, summary: dict[str, object]) -> None:
    file.write_text(json_module.dumps(summary, indent=2) + "\n", encoding="utf-8")
