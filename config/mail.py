"""How mails leave, read from the environment: `EMAIL_URL`, as django-environ writes it."""

from dataclasses import dataclass, field
from pathlib import Path

from config.env import Env

UNSET = "consent.requests.mails.unset.EmailBackend"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Django's back-end for mails, and what it needs."""

    backend: str
    host: str = "localhost"
    port: int = 25
    user: str = ""
    password: str = field(default="", repr=False)
    starts_tls: bool = False
    begins_with_tls: bool = False
    folder: str = ""


def read_mail(env: Env) -> MailServer:
    """Return what `EMAIL_URL` says: `smtp+tls://user:password@host:587`, `filemail:///folder`, `consolemail://`.

    Without it nothing is sent: what waits is tried again, and then given up.
    """
    if not env("EMAIL_URL", default=""):
        return MailServer(backend=UNSET)
    read = env.email("EMAIL_URL")
    return MailServer(
        backend=read["EMAIL_BACKEND"],
        host=read.get("EMAIL_HOST") or "localhost",
        port=read.get("EMAIL_PORT") or 25,
        user=read.get("EMAIL_HOST_USER") or "",
        password=read.get("EMAIL_HOST_PASSWORD") or "",
        starts_tls=bool(read.get("EMAIL_USE_TLS")),
        begins_with_tls=bool(read.get("EMAIL_USE_SSL")),
        folder=f"/{read.get('EMAIL_FILE_PATH') or ''}".replace("//", "/"),
    )


def read_folder(env: Env, name: str) -> Path | None:
    """Return the folder that a variable names, None if it names none."""
    text = str(env(name, default=""))
    return Path(text) if text else None
