"""The evidence of a run, believed if it is the one that the run wrote."""

from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from activation.enforcement.files import RunFiles
from activation.enforcement.models import EnforcementRun
from consent.kernel.errors import AccordantError
from consent.verifier.digests import digest_file
from consent.verifier.manifests.evidence import Evidence, read_evidence
from consent.verifier.manifests.manifest import read_manifest
from consent.verifier.manifests.membership import MemberSet
from consent.verifier.manifests.verification import map_file


class DriftNotMeasurable(AccordantError):
    """There is nothing to hold the list against."""

    code = "drift_not_measurable"
    status = 409


def files_of(run: EnforcementRun) -> RunFiles:
    """Return where the files of a run lie."""
    return RunFiles(Path(run.output), run.pk, Path(settings.MEMBERS))


def open_evidence(run: EnforcementRun) -> Evidence:
    """Return the run's evidence, which is read where it lies.

    :raises DriftNotMeasurable: if it, or the manifest that vouches for it, is not what the run wrote.
    """
    files = files_of(run)
    if not files.manifest.is_file() or digest_file(files.manifest) != run.manifest_digest:
        raise DriftNotMeasurable("the last run's manifest is not where it wrote it: run the audience again")
    stated = read_manifest(files.manifest.read_bytes()).manifest.membership
    if not files.evidence.is_file() or digest_file(files.evidence) != stated.evidence_digest:
        raise DriftNotMeasurable("the last run's evidence is not where it wrote it: run the audience again")
    return read_evidence(map_file(files.evidence))


def list_members(members: MemberSet) -> Iterator[bytes]:
    """Yield the members one by one."""
    return (members[place] for place in range(len(members)))
