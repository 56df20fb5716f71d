"""What the evidence of one run says of one person, and how far it can be believed."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

from activation.enforcement.files import RunFiles
from activation.enforcement.models import EnforcementRun
from activation.enforcement.presence.types import LookedUp, Presence, Sought, Trust
from activation.enforcement.types import DeliveryState, RunStatus
from consent.kernel.errors import AccordantError
from consent.verifier.digests import digest_bytes
from consent.verifier.manifests.evidence import MalformedEvidence
from consent.verifier.manifests.fields import MalformedManifest
from consent.verifier.manifests.lookup import Found, Lookup, open_lookup
from consent.verifier.manifests.manifest import Manifest, Membership, read_manifest
from consent.verifier.manifests.membership import commit_to_key

WHOLE_UP_TO = 1024 * 1024
"""Bytes of evidence that are read whole each time: that takes a thousandth of a second."""
_LARGEST_MANIFEST = 4 * 1024 * 1024


class EvidenceGone(AccordantError):
    """The run's evidence is not there any more."""

    code = "evidence_gone"
    status = 404


class EvidenceUnreadable(AccordantError):
    """The run's evidence does not hold what the run wrote: it says nothing about anybody."""

    code = "evidence_unreadable"
    status = 500


def look_up(run: EnforcementRun, sought: Sought, *, verify: bool = False) -> LookedUp:
    """Return what became of the person in the run. A file that is broken never says that they were not in it.

    `verify`: read the whole evidence, however large, and believe it only if its manifest vouches for it.
    """
    if run.status == RunStatus.RUNNING:
        return LookedUp(presence=Presence.UNFINISHED)
    if run.status != RunStatus.COMPLETED and run.delivery == DeliveryState.NONE:
        return LookedUp(presence=Presence.NOTHING_LEFT)
    try:
        with open_evidence(run, verify=verify, insist=verify) as (lookup, trust, _):
            found = lookup.find(sought.members(lookup.head.run_key))
    except EvidenceGone:
        return LookedUp(presence=Presence.GONE)
    except EvidenceUnreadable:
        return LookedUp(presence=Presence.UNREADABLE)
    presence = _tell(found, is_sure=run.status == RunStatus.COMPLETED)
    return LookedUp(presence=presence, reasons=tuple(sorted(found.reasons)), trust=trust)


@contextmanager
def open_evidence(
    run: EnforcementRun, *, verify: bool, insist: bool
) -> Iterator[tuple[Lookup, Trust, Manifest | None]]:
    """Give what looks people up in a run's evidence, how far it can be believed, and the run's manifest.

    `verify`: read all of it, however large; `insist`: refuse it if the manifest is not there to vouch for it.

    :raises EvidenceGone: if it is not there; :raises EvidenceUnreadable: if it is not what the run wrote.
    """
    evidence, manifest = _find_files(run)
    try:
        with open_lookup(evidence) as lookup:
            if lookup.head.run_id != str(run.pk):
                raise EvidenceGone("another run's evidence took the place of this one's")
            stated = _read_stated(manifest, run)
            if stated is None and insist:
                raise EvidenceUnreadable("the run's manifest is not there to vouch for the evidence")
            yield lookup, _trust(lookup, stated.membership if stated else None, verify=verify), stated
    except (FileNotFoundError, NotADirectoryError) as error:
        raise EvidenceGone("there is no evidence of the run any more") from error
    except (MalformedEvidence, MalformedManifest, OSError) as error:
        raise EvidenceUnreadable("the evidence does not hold what the run wrote") from error


def _find_files(run: EnforcementRun) -> tuple[Path, Path]:
    files = RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS))
    if run.status == RunStatus.COMPLETED:
        return files.evidence, files.manifest
    return files.kept(files.evidence), files.kept(files.manifest)


def _tell(found: Found, *, is_sure: bool) -> Presence:
    if found.allowed:
        return Presence.RECEIVED if is_sure else Presence.MAY_HAVE
    return Presence.DENIED if found.denied else Presence.ABSENT


def _read_stated(path: Path, run: EnforcementRun) -> Manifest | None:
    """Return what the run's manifest says; None if that manifest is not there any more."""
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_MANIFEST)
    except OSError:
        return None
    if digest_bytes(content) != run.manifest_digest:
        return None
    return read_manifest(content).manifest


def _trust(lookup: Lookup, stated: Membership | None, *, verify: bool) -> Trust:
    """Return how far the file can be believed.

    :raises MalformedEvidence: if it is not the one that the manifest speaks of.
    """
    if stated is None:
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
