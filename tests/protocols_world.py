"""Agents that sign, and controllers that pass on: whoever sends requests by a machine protocol, for tests."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.x509.oid import NameOID
from django.utils import timezone

from consent.requests.models import Agent

AGENT, BUSINESS = "PERMISSION_PIGEON", "ACME_CB"
DOMAIN = "processor.example"


class SigningAgent:
    """An agent with a key of its own, who writes what the protocol says."""

    def __init__(self, name: str = AGENT) -> None:
        self.name = name
        self.key = Ed25519PrivateKey.generate()

    @property
    def verify_key(self) -> str:
        """What the network's directory lists."""
        return base64.b64encode(self.key.public_key().public_bytes_raw()).decode()

    def register(self, **row: Any) -> Agent:
        """Have an officer register the agent."""
        return Agent.objects.create(
            slug=self.name, title=self.name.title(), verify_key=self.verify_key, **row
        )

    def sign(self, message: Any) -> bytes:
        """Return the message in combined mode, in Base64."""
        text = message if isinstance(message, bytes) else json.dumps(message).encode()
        return base64.b64encode(self.key.sign(text) + text)

    def envelope(self, *, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
        """Return what every message says of itself."""
        at = at or timezone.now()
        return {
            "agent-id": self.name,
            "business-id": BUSINESS,
            "issued-at": (at - timedelta(seconds=5)).isoformat(),
            "expires-at": (at + timedelta(minutes=10)).isoformat(),
            "drp.version": "1.0",
            **changes,
        }

    def exercise(self, right: str = "deletion", **changes: Any) -> dict[str, Any]:
        """Return what asks for a right of ann's."""
        return {
            **self.envelope(),
            "exercise": right,
            "regime": "ccpa",
            "name": "Ann Other",
            "email": "ann@people.example",
            "email_verified": True,
            **changes,
        }


def make_certificate(folder: Path, *, domain: str = DOMAIN) -> tuple[Path, Path]:
    """Return the files of a new RSA key and its certificate."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, domain)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_file, certificate_file = folder / "key.pem", folder / "certificate.pem"
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return key_file, certificate_file
