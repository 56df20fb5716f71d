"""Requests as bytes, and answers read back."""

import json
from collections.abc import Mapping
from typing import Any

from tests.bench.check.framing import http_body
from tests.bench.check.load import LOOPBACK


def post(path: str, body: Mapping[str, Any], *, key: str = "") -> bytes:
    """Return a request that posts `body` as JSON, with a key if there is one."""
    content = json.dumps(body, separators=(",", ":")).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {LOOPBACK}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *([f"Authorization: Bearer {key}"] if key else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + content


def read_json(answer: bytes) -> Any:
    """Return the JSON that an answer holds."""
    return json.loads(http_body(answer))
