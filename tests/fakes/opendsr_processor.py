"""A processor of OpenDSR, by its specification: it checks what it is sent, and signs what it answers."""

import base64
import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need
from tests.protocols_world import DOMAIN, make_certificate

TOKEN = "planted-password"
TIME = "2026-12-29T12:00:00Z"


class OpenDsrProcessor(FakeService):
    """Takes requests once, and has each be as far as `status` says."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        key_file, certificate_file = make_certificate(folder)
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        assert isinstance(key, rsa.RSAPrivateKey)
        self._key, self.certificate = key, certificate_file.read_text()
        self.domain, self.status, self.old_names = DOMAIN, "pending", False
        self.spoil: Callable[[bytes], bytes] = lambda content: content
        """What becomes of an answer once it was signed."""
        self.requests: dict[str, dict[str, Any]] = {}

    def answer(self, asked: Asked) -> Reply:
        """Do what is asked."""
        need(asked.headers.get("authorization") == f"Bearer {TOKEN}", "unauthorised", 401)
        if asked.path == "/v2/discovery":
            return self._sign(200, {"supported_subject_request_types": ["access", "erasure"]})
        need(asked.path.startswith("/v2/requests"), "no such place", 404)
        if asked.method == "POST":
            return self._take(asked.json(), asked.body)
        key = asked.path.rpartition("/")[2]
        need(key in self.requests, "no such request", 404)
        return self._sign(200, self._tell(key, request_status=self.status))

    def _take(self, body: Any, content: bytes) -> Reply:
        schema = files("consent.requests.protocols.opendsr").joinpath("request.schema.json")
        try:
            jsonschema.validate(body, json.loads(schema.read_text("utf-8")))
        except jsonschema.ValidationError as error:
            raise Rejected(400, {"error": error.message}) from None
        self.requests[body["subject_request_id"]] = body
        encoded = base64.b64encode(content).decode()
        return self._sign(
            201, self._tell(body["subject_request_id"], received_time=TIME, encoded_request=encoded)
        )

    def _tell(self, key: str, **more: str) -> dict[str, str]:
        common = {"controller_id": "us", "expected_completion_time": TIME, "subject_request_id": key}
        return {**common, **more}

    def _sign(self, status: int, body: dict[str, Any]) -> Reply:
        content = json.dumps(body).encode()
        signature = base64.b64encode(self._key.sign(content, padding.PKCS1v15(), hashes.SHA256())).decode()
        name = "X-OpenGDPR" if self.old_names else "X-OpenDSR"
        headers = {f"{name}-Processor-Domain": self.domain, f"{name}-Signature": signature}
        return Reply(status, self.spoil(content), headers)
