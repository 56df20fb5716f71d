"""A recipient of the Data Deletion Request Framework: it verifies both tokens, and signs a receipt."""

import json
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet

from tests.fakes.service import Asked, FakeService, Rejected, Reply, need, need_fields

DOMAIN, OURS = "recipient.example", "us.example"


class DeletionRecipient(FakeService):
    """Takes e-mail addresses and telephone numbers as SHA-256."""

    def __init__(self, requester_keys: list[dict[str, Any]]) -> None:
        super().__init__()
        self._theirs = KeySet.import_key_set({"keys": requester_keys})
        self.key = ECKey.generate_key("P-256", {"kid": "k1"}, private=True)
        self.issuer, self.code, self.script = DOMAIN, 0, False
        self.endpoint = f"{self.url}/delete"
        self.about: Callable[[str], str] = lambda token: token
        self.identities: list[dict[str, Any]] = []

    def answer(self, asked: Asked) -> Reply:
        """Publish, or take a request."""
        if asked.path == "/dsrdelete.json":
            return Reply(200, self._publish())
        need((asked.method, asked.path) == ("POST", "/delete"), "no such place", 404)
        need_fields(asked.json(), required={"rqJWT"}, where="request")
        token = asked.json()["rqJWT"]
        request = self._verify(token, extra={"idJWT"})
        identity = self._verify(request["idJWT"], extra=set())
        need(identity["sub"] == request["sub"], "two subjects")
        need(identity["jti"] != request["jti"], "one id")
        self.identities.append(identity)
        claims = {
            "version": "1.0",
            "rqJWT": self.about(token),
            "jti": "r-1",
            "iss": self.issuer,
            "iat": request["iat"],
            "raResultCode": self.code,
        }
        header = {"alg": "ES256", "kid": "k1"}
        receipt = jwt.encode(header, claims, self.key, algorithms=["ES256"])
        return Reply(202 if self.code == 0 else 400, {"acJWT": receipt})

    def _publish(self) -> dict[str, Any]:
        return {
            "endpoint": self.endpoint,
            "identifiers": [
                {"id": 1, "type": "email", "format": "sha256"},
                {"id": 2, "type": "phone", "format": "sha256"},
                {"id": 3, "type": "idfa", "format": "hash"},
            ],
            "publicKey": [self.key.as_dict(private=False)],
            "vendorScriptRequirement": self.script,
        }

    def _verify(self, token: str, *, extra: set[str]) -> dict[str, Any]:
        try:
            claims = jwt.decode(token, self._theirs, algorithms=["RS256", "ES256"]).claims
        except JoseError as error:
            raise Rejected(400, {"error": str(error)}) from None
        need_fields(claims, required={"version", "jti", "iss", "sub", "iat"} | extra, where="token")
        need(claims["iss"] == OURS, "issuer")
        need_fields(
            claims["sub"],
            required={"identifierValue", "identifierType", "identifierFormat"},
            where=json.dumps("sub"),
        )
        return dict(claims)
