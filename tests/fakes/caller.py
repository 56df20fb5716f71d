"""A caller of a protocol who is called back: it holds each call-back to the protocol's own schema."""

import base64
import json
from importlib.resources import files

import jsonschema
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need


class CalledBack(FakeService):
    """Takes call-backs at `/told`, of one protocol."""

    def __init__(self, package: str, *, certificate: bytes = b"") -> None:
        super().__init__()
        text = (
            files(f"consent.requests.protocols.{package}").joinpath("status.schema.json").read_text("utf-8")
        )
        self._schema, self._certificate = json.loads(text), certificate
        self.told: list[dict[str, object]] = []

    def answer(self, asked: Asked) -> Reply:
        """Check it, and keep it."""
        need((asked.method, asked.path) == ("POST", "/told"), "no such place", 404)
        if self._certificate:
            self._verify(asked)
        body = asked.json()
        try:
            jsonschema.validate(body, self._schema)
        except jsonschema.ValidationError as error:
            raise Rejected(400, {"error": error.message}) from None
        self.told.append(body)
        return Reply(200)

    def _verify(self, asked: Asked) -> None:
        key = x509.load_pem_x509_certificate(self._certificate).public_key()
        assert isinstance(key, rsa.RSAPublicKey)
        for name in ("x-opendsr", "x-opengdpr"):
            signature = base64.b64decode(asked.headers[f"{name}-signature"])
            try:
                key.verify(signature, asked.body, padding.PKCS1v15(), hashes.SHA256())
            except InvalidSignature:
                raise Rejected(403, {"error": "signature"}) from None
