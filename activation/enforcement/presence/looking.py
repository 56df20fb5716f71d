"""What the evidence of one run says of one person, and how far it can be believed."""

from pathlib import Path

from django.conf import settings

from activation.enforcement.files import RunFiles
from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence.types import LookedUp, Presence, Sought, Trust
from activation.enforcement.types import DeliveryState, RunStatus
from consent.verifier.digests import digest_bytes
from consent.verifier.manifests.evidence import MalformedEvidence
from consent.verifier.manifests.fields import MalformedManifest
from consent.verifier.manifests.lookup import Found, Lookup, open_lookup
from consent.verifier.manifests.manifest import Membership, read_manifest
from consent.verifier.manifests.membership import commit_to_key

WHOLE_UP_TO = 1024 * 1024
"""Bytes of evidence that are read whole each time: that takes a thousandth of a second."""
_LARGEST_MANIFEST = 4 * 1024 * 1024


def look_up(run: EnforcementRun, sought: Sought, *, verify: bool = False) -> LookedUp:
    """Return what became of the person in the run. A file that is broken never says that they were not in it.

    `verify`: read the whole evidence, however large, and believe it only if its manifest vouches for it.
    """
    if run.status == RunStatus.RUNNING:
        return LookedUp(presence=Presence.UNFINISHED)
    files = RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS))
    is_kept = run.status != RunStatus.COMPLETED
    if is_kept and run.delivery == DeliveryState.NONE:
        return LookedUp(presence=Presence.NOTHING_LEFT)
    evidence = files.kept(files.evidence) if is_kept else files.evidence
    manifest = files.kept(files.manifest) if is_kept else files.manifest
    try:
        return _look(run, sought, evidence, _read_stated(manifest, run), verify=verify, is_sure=not is_kept)
    except (FileNotFoundError, NotADirectoryError, _OfAnotherRun):
        return LookedUp(presence=Presence.GONE)
    except (MalformedEvidence, MalformedManifest, OSError):
        return LookedUp(presence=Presence.UNREADABLE)


class _OfAnotherRun(Exception):
    """The evidence at this place is another run's: it took the place of this one's."""


def _look(
    run: EnforcementRun,
    sought: Sought,
    path: Path,
    stated: Membership | None,
    *,
    verify: bool,
    is_sure: bool,
) -> LookedUp:
    with open_lookup(path) as lookup:
        if lookup.head.run_id != str(run.pk):
            raise _OfAnotherRun
        trust = _trust(lookup, stated, verify=verify)
        found = lookup.find(sought.members(lookup.head.run_key))
    return LookedUp(presence=_tell(found, is_sure=is_sure), reasons=tuple(sorted(found.reasons)), trust=trust)


def _tell(found: Found, *, is_sure: bool) -> Presence:
    if found.allowed:
        return Presence.RECEIVED if is_sure else Presence.MAY_HAVE
    return Presence.DENIED if found.denied else Presence.ABSENT


def _read_stated(path: Path, run: EnforcementRun) -> Membership | None:
    """Return what the run's manifest says of the evidence; None if that manifest is not there any more."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_MANIFEST)
    except OSError:
        return None
    if digest_bytes(content) != run.manifest_digest:
        return None
    return read_manifest(content).manifest.membership


def _trust(lookup: Lookup, stated: Membership | None, *, verify: bool) -> Trust:
    """Return how far the file can be believed.

    :raises MalformedEvidence: if it is not the one that the manifest speaks of, or, to be verified, none does.
    """
    if stated is None:
        if verify:
            raise MalformedEvidence("its manifest is not there to vouch for it")
        return Trust.UNVOUCHED
    head = lookup.head
    told = head.allowed, head.denied, commit_to_key(head.run_key)
    if told != (stated.allowed_members, stated.denied_members, stated.key_commitment):
        raise MalformedEvidence("it is not the one that the manifest speaks of")
    if not verify and lookup.size > WHOLE_UP_TO:
        return Trust.GLANCED
    if lookup.digest() != stated.evidence_digest:
        raise MalformedEvidence("it was changed after the run wrote it")
    return Trust.WHOLE
