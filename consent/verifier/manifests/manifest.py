"""The manifest of a run: what was decided, under which policy, about which file, bound by a signature.

The file is one line of canonical JSON (RFC 8785) and a line feed, read strictly: every byte must be what
this module would write. It names nobody: the people are in there as two Merkle roots over keyed hashes.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from consent.kernel import canonical
from consent.kernel.signing import SigningKey, VerifyKey
from consent.verifier.keys import find_key, key_id
from consent.verifier.manifests.fields import Fields, MalformedManifest

SCHEMA = "accordant/manifest/2"
_SIGNED = b"accordant/manifest-signature/1\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSummary:
    """One file, or a folder of Parquet: `sha256:` and 64 hex digits, as `digest_path` makes them."""

    format: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """The commitments to who was allowed and who was denied. Counts are of identifiers, not of rows."""

    key_commitment: str
    """Hex SHA-256 that binds the run's hashing key, which lies in the evidence."""
    evidence_digest: str
    allowed_members: int
    allowed_root: str
    denied_members: int
    denied_root: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedObligation:
    """One obligation, and how many of the allowed rows owed it."""

    kind: str
    field: str
    value: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a run states. Times are RFC 3339 in UTC."""

    run_id: str
    tool: str
    purpose: str
    destination: str
    controller: str
    policy_key: str
    policy_version: int
    policy_digest: str
    watermark: int
    """Size of the ledger that the decisions rest on: every no up to there was known, and heeded."""
    states_watermark: int
    """Size of the ledger that the file of people rested on; what came since was looked up in the ledger. The
    same as `watermark` if there was no such file."""
    decided_at: str
    not_after: str | None
    """When the first of the allows ends: deliver after that, and someone must be asked again."""
    input: FileSummary
    output: FileSummary
    allowed: int
    denied: int
    denied_by_reason: Mapping[str, int]
    legal_bases: Mapping[str, int]
    """The allowed rows by the legal basis they were allowed on."""
    obligations: tuple[AppliedObligation, ...]
    identifier_kinds: tuple[str, ...]
    """What rows named people by; `subject_ref` if by the service's own reference."""
    canaries: int
    """Rows of people made up, who said no, that were put among the others and were all denied. They are in no
    count."""
    membership: Membership


@dataclass(frozen=True, slots=True)
class SignedManifest:
    """A manifest read from a file whose form is right; its signature is not checked yet."""

    manifest: Manifest
    key: str
    """Name and hash of the key that is said to have signed."""
    signature: bytes


def format_time(moment: datetime) -> str:
    """Return an aware time as manifests write it: RFC 3339, UTC, microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def write_manifest(manifest: Manifest, key: SigningKey) -> bytes:
    """Return the bytes of the manifest's file, signed with `key`."""
    return _to_file(SignedManifest(manifest, key_id(key.verify_key), key.sign(_message(manifest))))


def read_manifest(content: bytes) -> SignedManifest:
    """Return what the file's `content` states.

    :raises MalformedManifest: if a byte of it is not what `write_manifest` would have written, a field is
        missing, unknown or of another type, or the counts do not add up.
    """
    try:
        fields = Fields(canonical.loads(content))
        signature = Fields(fields.take("signature"))
        signed = SignedManifest(
            _read(Fields(fields.take("manifest"))), signature.text("key"), _decode(signature.text("value"))
        )
        signature.end()
        fields.end()
    except canonical.MalformedJson as error:
        raise MalformedManifest(str(error)) from error
    if _to_file(signed) != content:
        raise MalformedManifest("it is not in canonical form: it was changed after it was written")
    _check_sums(signed.manifest)
    return signed


def check_signature(signed: SignedManifest, key: VerifyKey) -> None:
    """Return if `key` signed the manifest.

    :raises WrongKey: if it names another key; :raises BadSignature: if the signature is not of this content.
    """
    find_key(signed.key, [key]).verify(_message(signed.manifest), signed.signature)


def _message(manifest: Manifest) -> bytes:
    return _SIGNED + canonical.dumps(_document(manifest))


def _document(manifest: Manifest) -> dict[str, Any]:
    return {"schema": SCHEMA, **asdict(manifest)}


def _to_file(signed: SignedManifest) -> bytes:
    value = base64.b64encode(signed.signature).decode()
    document = {"manifest": _document(signed.manifest), "signature": {"key": signed.key, "value": value}}
    return canonical.dumps(document) + b"\n"


def _decode(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedManifest("its signature is not base64") from error


def _read(fields: Fields) -> Manifest:
    if fields.text("schema") != SCHEMA:
        raise MalformedManifest(f"its schema is not {SCHEMA}: another version of the tool may read it")
    manifest = Manifest(
        run_id=fields.text("run_id"),
        tool=fields.text("tool"),
        purpose=fields.text("purpose"),
        destination=fields.text("destination"),
        controller=fields.text("controller"),
        policy_key=fields.text("policy_key"),
        policy_version=fields.count("policy_version"),
        policy_digest=fields.text("policy_digest"),
        watermark=fields.count("watermark"),
        states_watermark=fields.count("states_watermark"),
        decided_at=fields.text("decided_at"),
        not_after=fields.optional_text("not_after"),
        input=_read_file(Fields(fields.take("input"))),
        output=_read_file(Fields(fields.take("output"))),
        allowed=fields.count("allowed"),
        denied=fields.count("denied"),
        denied_by_reason=fields.counts("denied_by_reason"),
        legal_bases=fields.counts("legal_bases"),
        obligations=tuple(_read_obligation(Fields(entry)) for entry in fields.array("obligations")),
        identifier_kinds=fields.texts("identifier_kinds"),
        canaries=fields.count("canaries"),
        membership=_read_membership(Fields(fields.take("membership"))),
    )
    fields.end()
    return manifest


def _read_file(fields: Fields) -> FileSummary:
    summary = FileSummary(
        format=fields.text("format"), digest=fields.digest("digest"), rows=fields.count("rows")
    )
    fields.end()
    return summary


def _read_obligation(fields: Fields) -> AppliedObligation:
    obligation = AppliedObligation(
        kind=fields.text("kind"),
        field=fields.text("field"),
        value=fields.text("value"),
        rows=fields.count("rows"),
    )
    fields.end()
    return obligation


def _read_membership(fields: Fields) -> Membership:
    membership = Membership(
        key_commitment=fields.hash("key_commitment"),
        evidence_digest=fields.digest("evidence_digest"),
        allowed_members=fields.count("allowed_members"),
        allowed_root=fields.hash("allowed_root"),
        denied_members=fields.count("denied_members"),
        denied_root=fields.hash("denied_root"),
    )
    fields.end()
    return membership


def _check_sums(manifest: Manifest) -> None:
    if (
        manifest.input.rows != manifest.allowed + manifest.denied
        or manifest.output.rows != manifest.allowed
        or sum(manifest.denied_by_reason.values()) != manifest.denied
        or sum(manifest.legal_bases.values()) != manifest.allowed
        or any(obligation.rows > manifest.allowed for obligation in manifest.obligations)
        or manifest.states_watermark > manifest.watermark
    ):
        raise MalformedManifest("its counts do not add up")
