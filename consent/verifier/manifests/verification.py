"""Checking a run's files offline: no database, no network, nothing but the files and a published key."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from consent.kernel.errors import AccordantError
from consent.kernel.handover import KeyChain
from consent.kernel.signing import VerifyKey
from consent.subjects.rules import normalise
from consent.subjects.types import HASHED_KINDS, SUBJECT_REF, Identifier, IdentifierKind, SubjectRef
from consent.verifier.checks import Check
from consent.verifier.digests import digest_file, digest_path
from consent.verifier.keys import find_key
from consent.verifier.manifests.evidence import Evidence, MalformedEvidence, read_evidence
from consent.verifier.manifests.manifest import Manifest, check_signature, read_manifest
from consent.verifier.manifests.membership import check_proof, commit_to_key, hash_member, hash_reference

_SUFFIX = ".manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who is said to have been in the rows that left, or in none of them: `kind:value`."""

    identifier: str
    present: bool


class IdentifierKindUnclear(AccordantError):
    """The identifier does not say of which kind it is, and the run knew several, or not this one."""

    code = "identifier_kind_unclear"


def verify_signed(content: bytes, key: VerifyKey) -> Manifest:
    """Return the manifest in a file's `content` if its form, its sums and its signature by `key` hold.

    :raises MalformedManifest, WrongKey, BadSignature: whichever fails first.
    """
    signed = read_manifest(content)
    check_signature(signed, key)
    return signed.manifest


def verify_run(
    file: Path,
    chain: KeyChain,
    *,
    output: Path | None = None,
    evidence: Path | None = None,
    claim: Claim | None = None,
) -> Iterator[Check]:
    """Yield each check of the manifest at `file`, of the two files beside it (or where they are said to be),
    and of `claim`. A key that was handed on may not sign for a larger ledger than it was handed on at.

    :raises MalformedManifest, WrongKey, BadSignature: the manifest itself does not hold.
    :raises MalformedIdentifier, IdentifierKindUnclear: the claim names nobody that the run could know.
    :raises OSError: a file cannot be read.
    """
    signed = read_manifest(file.read_bytes())
    manifest = signed.manifest
    key = find_key(signed.key, chain.keys_from(manifest.watermark))
    check_signature(signed, key)
    yield Check(passed=True, statement=f"signed by {key.text}")
    told = f"{manifest.input.rows} rows in = {manifest.allowed} allowed + {manifest.denied} denied"
    yield Check(passed=True, statement=told)
    beside = file.with_name(file.name.removesuffix(_SUFFIX))
    yield check_output(manifest, output or beside)
    found, checks = load_evidence(manifest, evidence or Path(f"{beside}.evidence"))
    yield from checks
    if claim is not None:
        yield _check_claim(manifest, found, claim)


def check_output(manifest: Manifest, path: Path) -> Check:
    """Return whether the file, or the folder, at `path` is, byte for byte, what the run delivered."""
    if not path.exists():
        return Check(None, f"the output was not checked: {path.name} is not here")
    what = "folder" if path.is_dir() else "file"
    return Check(digest_path(path) == manifest.output.digest, f"the output is the {what} that the run wrote")


def load_evidence(manifest: Manifest, path: Path) -> tuple[Evidence | None, list[Check]]:
    """Return the evidence at `path` if it is the manifest's, and each check made of it."""
    if not path.is_file():
        return None, [Check(None, f"the evidence was not checked: {path.name} is not here")]
    try:
        evidence = read_evidence(map_file(path))
    except MalformedEvidence as error:
        return None, [Check(passed=False, statement=f"the evidence is malformed: {error}")]
    digest = Check(
        digest_file(path) == manifest.membership.evidence_digest,
        "the evidence is the file that the run wrote",
    )
    checks = [digest, *_check_commitments(manifest, evidence)]
    return (evidence if all(check.passed for check in checks) else None), checks


def check_membership(
    manifest: Manifest, evidence: Evidence, asked: Identifier | SubjectRef, *, present: bool
) -> Check:
    """Return whether who is asked about was in the rows that left (`present`), or in none of them.

    It speaks of rows that carried this identifier, or this reference. An identifier may be in an allowed row
    and in a denied one, if the rows named different people beside it; it is present then.
    """
    if isinstance(asked, Identifier):
        normalised = normalise(asked)
        kind, member = normalised.kind.value, hash_member(evidence.run_key, normalised)
    else:
        kind, member = SUBJECT_REF, hash_reference(evidence.run_key, asked)
    proof = evidence.allowed.prove(member)
    found = check_proof(proof, member=member, root=manifest.membership.allowed_root)
    reasons = ", ".join(sorted(evidence.reasons_of(member)))
    told = f"; rows with it were denied: {reasons}" if reasons else ""
    where = "in the rows that left" if found else "in none of the rows that left"
    return Check(found is present, f"the {kind} given was {where}{told}")


def parse_identifier(text: str, manifest: Manifest) -> Identifier | SubjectRef:
    """Return who is named in `kind:value`, or in a bare value if the run knew one kind only.

    :raises IdentifierKindUnclear: if the run did not look at identifiers of that kind, or at several.
    """
    prefix, separator, rest = text.partition(":")
    if separator and prefix in {*IdentifierKind, SUBJECT_REF}:
        kind, value = prefix, rest
    elif len(manifest.identifier_kinds) == 1:
        kind, value = manifest.identifier_kinds[0], text
    else:
        raise IdentifierKindUnclear(
            f"write kind:value, the kind one of {', '.join(manifest.identifier_kinds)}"
        )
    if _plain(kind) not in map(_plain, manifest.identifier_kinds):
        raise IdentifierKindUnclear(f"this run looked at {', '.join(manifest.identifier_kinds)} only")
    return SubjectRef(value) if kind == SUBJECT_REF else Identifier(IdentifierKind(kind), value)


def _check_claim(manifest: Manifest, evidence: Evidence | None, claim: Claim) -> Check:
    identifier = parse_identifier(claim.identifier, manifest)
    if evidence is None:
        return Check(passed=False, statement="membership cannot be told without the run's evidence")
    return check_membership(manifest, evidence, identifier, present=claim.present)


def map_file(path: Path) -> memoryview:
    """Return the file's bytes, which the system reads when they are looked at."""
    if not path.stat().st_size:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _plain(kind: str) -> str:
    """Return the kind that `kind` is kept under: a SHA-256 form and the value in clear find each other."""
    if kind == SUBJECT_REF:
        return kind
    return HASHED_KINDS.get(IdentifierKind(kind), IdentifierKind(kind))


def _check_commitments(manifest: Manifest, evidence: Evidence) -> Iterator[Check]:
    stated = manifest.membership
    yield Check(evidence.run_id == manifest.run_id, "the evidence is of this run")
    yield Check(
        commit_to_key(evidence.run_key) == stated.key_commitment, "the hashing key is the committed one"
    )
    for effect, members, count, root in (
        ("allowed", evidence.allowed, stated.allowed_members, stated.allowed_root),
        ("denied", evidence.denied, stated.denied_members, stated.denied_root),
    ):
        same = len(members) == count and members.root == root
        yield Check(same, f"the {effect}: {count} identifiers lead to the manifest's root")
