"""Audience runs: every row decided, only the allowed ones written, with evidence; or nothing at all."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from activation.decisions.types import Question
from activation.enforcement import lifecycle
from activation.enforcement.audience.identifiers import find_identifier_columns
from activation.enforcement.audience.reading import format_of, open_audience
from activation.enforcement.audience.types import Audience, AudienceFormat
from activation.enforcement.deciding import Order, write_allowed
from activation.enforcement.files import RunFiles, sync
from activation.enforcement.locks import hold_output
from activation.enforcement.models import EnforcementRun
from activation.obligations.plan import OutputPlan, plan_output
from activation.enforcement.retention import count_old_runs, forget_runs
from activation.enforcement.statement import Ground, state_manifest
from activation.enforcement.tally import Tally
from activation.enforcement.types import Progress, RunResult
from activation.snapshots.queries import Snapshot, open_snapshot
from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey
from consent.subjects.types import IdentifierKind
from consent.verifier.digests import digest_file
from consent.verifier.manifests.evidence import write_evidence
from consent.verifier.manifests.manifest import FileSummary, write_manifest
from consent.verifier.manifests.membership import new_run_key

__all__ = [
    "InputChanged",
    "MalformedOrder",
    "count_old_runs",
    "enforce_audience",
    "forget_runs",
    "signing_key",
]

_SLUG = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
_LONGEST_SLUG = 64
_LONGEST_PURPOSE = 200


class MalformedOrder(AccordantError):
    """What the run is asked to do cannot be meant so."""

    code = "malformed_order"


class InputChanged(AccordantError):
    """The audience's file was written to while it was read."""

    code = "input_changed"


def enforce_audience(
    *,
    purpose: str,
    destination: str,
    controller: str,
    input_path: Path,
    output_path: Path,
    at: datetime,
    identifiers: Mapping[IdentifierKind, str] | None = None,
    audience_format: AudienceFormat | None = None,
    overwrite: bool = False,
    progress: Progress = lambda _: None,
) -> RunResult:
    """Decide every row of `input_path` at `at`, and write those allowed to `output_path` in the same format.

    Beside the output lie its signed manifest and its evidence (pseudonymous personal data: keep it closed).
    An unknown purpose, destination or controller, or no policy in force, is no error: every row is denied
    for that reason. Runs that a dead process left behind are closed first.

    :raises MalformedOrder: if a slug is none, or the output would replace the input or change its format.
    :raises AudienceUnreadable: if the audience cannot be read, with what to do about it. Nothing is written.
    :raises OutputExists, OutputNotWritable, OutputBusy: if the output cannot be written. Nothing is written.
    :raises ObligationNotSupported: if the policy may ask for what cannot be done. No row is read.
    """
    _check_slugs(purpose, destination, controller)
    audience = open_audience(input_path.resolve(), audience_format)
    order = Order(
        question=Question(purpose=purpose, destination=destination, controller=controller),
        audience=audience,
        columns=find_identifier_columns(audience.schema, identifiers),
        at=at,
        progress=progress,
    )
    files = RunFiles(output_path.parent.resolve() / output_path.name, uuid4())
    _check_paths(audience, files.output)
    with hold_output(str(files.output)):
        lifecycle.close_dead_runs()
        files.check_free(overwrite=overwrite)
        return _run(order, files)


def signing_key() -> SigningKey:
    """Return the key that signs this installation's manifests."""
    return SigningKey.from_seed(settings.SIGNING_NAME, base64.b64decode(settings.SIGNING_KEY))


def _run(order: Order, files: RunFiles) -> RunResult:
    run = lifecycle.start(order, files)
    try:
        plan, tally = _decide_and_deliver(run, order, files)
    except BaseException as error:  # an interrupt too must leave nothing that looks finished
        if not files.is_delivered(run.manifest_digest):
            files.withdraw(delivering=bool(run.manifest_digest))
            lifecycle.fail(run, error)
        raise
    # What is out cannot be called back: if this cannot be recorded now, the next run's start records it.
    lifecycle.complete(run, order, plan, tally)
    return _result(run, files)


def _decide_and_deliver(run: EnforcementRun, order: Order, files: RunFiles) -> tuple[OutputPlan, Tally]:
    tally = Tally(new_run_key())
    source = order.audience.path
    source_digest, source_state = digest_file(source), _state(source)
    with open_snapshot(at=order.at) as snapshot:
        plan = _plan(order, snapshot)
        with files.create(files.output) as file:
            write_allowed(order, snapshot, plan, tally, file)
            sync(file)
    if _state(source) != source_state:
        raise InputChanged("the audience's file was changed while it was read: run again when it is finished")
    files.write(files.evidence, write_evidence(tally.evidence(run.pk)))
    ground = Ground(
        policy=snapshot.policy,
        watermark=snapshot.watermark,
        source=_summary(order, source_digest, tally.rows),
        output=_summary(order, digest_file(files.partial(files.output)), tally.allowed),
        evidence_digest=digest_file(files.partial(files.evidence)),
    )
    manifest = write_manifest(state_manifest(order, ground, tally, run.pk), signing_key())
    files.write(files.manifest, [manifest])
    lifecycle.prepare(run, ground, tally, digest_file(files.partial(files.manifest)))
    files.deliver()
    return plan, tally


def _plan(order: Order, snapshot: Snapshot) -> OutputPlan:
    rules = snapshot.policy.rules_for(order.question.purpose, order.question.controller).values()
    return plan_output(order.audience.schema, order.columns, [rule.obligations for rule in rules])


def _summary(order: Order, digest: str, rows: int) -> FileSummary:
    return FileSummary(format=order.audience.format.value, digest=digest, rows=rows)


def _state(path: Path) -> tuple[int, int, int]:
    """Return what changes when somebody writes to the file or puts another in its place."""
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _check_slugs(purpose: str, destination: str, controller: str) -> None:
    for name, slug in (("purpose", purpose), ("destination", destination), ("controller", controller)):
        longest = _LONGEST_PURPOSE if name == "purpose" else _LONGEST_SLUG
        if not _SLUG.fullmatch(slug) or len(slug) > longest:
            raise MalformedOrder(f"the {name} is no slug: lower-case letters, digits, '_', '-', dots between")


def _check_paths(audience: Audience, output: Path) -> None:
    if output.exists() and output.samefile(audience.path):
        raise MalformedOrder("the output is the input: choose another name")
    if format_of(output) not in {None, audience.format}:
        raise MalformedOrder(f"the output is written as {audience.format}, as the input: name it so")


def _result(run: EnforcementRun, files: RunFiles) -> RunResult:
    return RunResult(
        run_id=run.pk,
        purpose=run.purpose,
        destination=run.destination,
        controller=run.controller,
        rows_in=run.rows_in,
        allowed=run.allowed,
        denied=run.denied,
        denied_by_reason=run.denied_by_reason,
        policy_version=run.policy_version,
        policy_digest=run.policy_digest,
        output=files.output,
        manifest=files.manifest,
        evidence=files.evidence,
    )
