"""The admin, served to a real browser by the test itself, and a page of an officer's browser."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.db import connections
from django.test import Client
from django.test.testcases import LiveServerThread
from django.test.utils import override_settings
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@contextmanager
def served() -> Iterator[str]:
    """Serve all pages from a thread of this process, and give the address."""
    server = LiveServerThread("127.0.0.1", StaticFilesHandler)
    server.daemon = True
    server.start()
    server.is_ready.wait()
    assert not server.error
    yield f"http://127.0.0.1:{server.port}"
    server.terminate()


@contextmanager
def served_as_in_production(folder: Path) -> Iterator[str]:
    """Serve all pages as `served` does, with static files compressed ahead, as WhiteNoise has them there."""
    backend = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    storages = {**settings.STORAGES, "staticfiles": backend}
    with override_settings(STATIC_ROOT=str(folder), STORAGES=storages, WHITENOISE_USE_FINDERS=False):
        call_command("collectstatic", interactive=False, verbosity=0)
        server = LiveServerThread("127.0.0.1", lambda wsgi: wsgi)  # type: ignore[arg-type]  # is called
        server.daemon = True
        server.start()
        server.is_ready.wait()
        assert not server.error
        yield f"http://127.0.0.1:{server.port}"
        server.terminate()


@contextmanager
def started() -> Iterator[Browser]:
    """Give a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["CHROMIUM_PATH"], args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def started_beside_database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """Give a browser, beside which this thread asks the database.

    The browser's library runs a loop in the thread, in which Django would not ask, and makes connections of
    the loop's own: they are closed with it.
    """
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with started() as browser:
        yield browser
        connections.close_all()


def log_in(name: str) -> str:
    """Return a session of the officer's."""
    client = Client()
    client.force_login(User.objects.get(username=name))
    return client.cookies["sessionid"].value


@contextmanager
def opened_in(browser: Browser, address: str, *, session: str = "", **options: Any) -> Iterator[Page]:
    """Give a page of a visitor or an officer. What the console complains of, or a dialog, fails the test."""
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            complaints.append(message.text)

    def refuse(dialog: Dialog) -> None:
        complaints.append(dialog.message)
        dialog.dismiss()

    context = browser.new_context(
        base_url=address, **{"viewport": {"width": 1280, "height": 1000}, **options}
    )
    if session:
        cookie = {"name": "sessionid", "value": session, "url": address}
        context.add_cookies([cookie])  # type: ignore[list-item]  # a plain dict
    page = context.new_page()
    page.on("console", listen)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", refuse)
    yield page
    context.close()
    assert complaints == []


@contextmanager
def opened_by(name: str, address: str, **options: Any) -> Iterator[Page]:
    """Give a page of the officer's own browser; see `opened_in`."""
    session = log_in(name)
    with started() as browser, opened_in(browser, address, session=session, **options) as page:
        yield page
