"""A test client that asks the check server's application where Django's client would ask the views."""

import json
from typing import Any

from django.http import HttpResponse
from rest_framework.test import APIClient

from activation.checks.answering.application import POSTED
from activation.checks.server.http import Head, response
from tests.store_world import StoreWorld, head_of


class CheckServerClient(APIClient):
    """Sends checks to an application that answers from a store; its reference is Django's own client."""

    def __init__(self, world: StoreWorld, key: str) -> None:
        self._key, self._headers = key, {"Authorization": f"Bearer {key}"}
        super().__init__(headers=self._headers)
        self.left_to_views = 0
        self.application = world.application(views=lambda *_: [])
        self.application._reference = self  # type: ignore[assignment]  # see `answer`

    def post(self, path: str, data: Any = None, *given: Any, **named: Any) -> Any:  # type: ignore[override]
        """Return the application's answer to a check, and the views' to anything else."""
        if path.encode() not in POSTED:
            return super().post(path, data, *given, **named)
        body = (
            data.encode()
            if isinstance(data, str)
            else data
            if isinstance(data, bytes)
            else json.dumps(data).encode()
        )
        sent = {name.lower().replace("-", "_"): value for name, value in named.get("headers", {}).items()}
        if "content_type" in named:
            sent["content_type"] = named["content_type"]
        answer = self.application.answer(head_of(path, self._key, **sent), body)
        return _read(answer if isinstance(answer, bytes) else _awaited(answer))

    async def answer(self, head: Head, body: bytes) -> bytes:
        """Answer in place of the reference: in this thread, for the test's data is this connection's."""
        self.left_to_views += 1
        sent = {name.decode(): value.decode() for name, value in head.headers.items() if name != b"host"}
        content_type = sent.pop("content-type", "")
        views = APIClient(headers=sent).generic("POST", head.path.decode(), body, content_type)  # type: ignore[arg-type]
        headers = [(name.encode(), value.encode()) for name, value in views.headers.items()]
        kept = [
            (name, value)
            for name, value in headers
            if name.lower() not in {b"content-type", b"content-length"}
        ]
        return response(
            views.status_code,
            views.content,
            content_type=views.headers.get("Content-Type", "").encode(),
            headers=kept,
        )


def _awaited(answer: Any) -> bytes:
    """Return what a coroutine comes to that waits for nothing; no event loop runs, so that Django may ask."""
    try:
        answer.send(None)
    except StopIteration as end:
        found: bytes = end.value
        return found
    raise AssertionError("the application waits")


def _read(answer: bytes) -> HttpResponse:
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    headers.pop("Content-Length", None)
    return HttpResponse(body, status=int(first.split(" ")[1]), headers=headers)
