"""What the story's requests reach: two systems of the shop, mails as files, and the portal's address."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from config.launch import ports

SHOP_CRM, NEWSLETTER = "shop_crm", "newsletter"  # as config.demo calls them
_NEWSLETTER_FILE = "newsletter.sqlite"


def tell_systems(variables: Mapping[str, str], *, port: int) -> dict[str, str]:
    """Return `variables` with what web and workers need for the story's requests.

    Mails never leave this machine, whatever the environment says: the story's people are made up.
    """
    home = Path(variables["ACCORDANT_HOME"])
    server = variables.get("DATABASE_URL", "").partition("://")[2]
    systems = [
        *variables.get("ACCORDANT_SYSTEMS", "").splitlines(),
        f"{SHOP_CRM}=postgresql+psycopg://{server}",
        f"{NEWSLETTER}=sqlite:///{_newsletter_file(home)}",
    ]
    return {
        "ACCORDANT_PUBLIC_URL": f"http://{ports.HOST}:{port}",
        "ACCORDANT_PRIVACY_CONTACT": "privacy@northwind.example",
        **variables,
        "ACCORDANT_SYSTEMS": "\n".join(systems),
        "EMAIL_URL": f"filemail://{home / 'mails'}",
    }


def _newsletter_file(home: Path) -> Path:
    """Return where the newsletter's database lies: addresses hold no blanks, and homes may."""
    file = home / "demo" / _NEWSLETTER_FILE
    if len(os.fspath(file).split()) == 1:
        return file
    return Path(tempfile.mkdtemp(prefix="accordant-")) / _NEWSLETTER_FILE
