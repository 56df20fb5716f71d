"""Audience runs: every row decided, only the allowed ones sent, with evidence; or nothing at all."""

import base64
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings

from activation.decisions.types import Question
from activation.destinations.kinds.interface import Connector
from activation.destinations.types import is_slug
from activation.enforcement import delivering, lifecycle
from activation.enforcement.audience.identifiers import (
    NamedColumns,
    find_identifier_columns,
    find_subject_column,
)
from activation.enforcement.audience.reading import format_of, open_audience
from activation.enforcement.audience.types import Audience
from activation.enforcement.canaries import services as canaries
from activation.enforcement.canaries.types import CanaryAlarm
from activation.enforcement.drafting import Draft, draft, is_outdated
from activation.enforcement.files import RunFiles
from activation.enforcement.locks import hold_output
from activation.enforcement.marking import list_taken_back, mark_sending, recheck_changed
from activation.enforcement.models import EnforcementRun
from activation.enforcement.order import Order
from activation.enforcement.retention import count_old_runs, forget_runs
from activation.enforcement.reviving import close_dead_runs
from activation.enforcement.scratch import open_scratch, spool
from activation.enforcement.statement import state_manifest
from activation.enforcement.types import DeliveryState, Progress, RunResult, Stage, Watcher
from activation.snapshots.bulk.running import open_duck
from consent.kernel.errors import AccordantError
from consent.kernel.signing import SigningKey
from consent.ledger.queries import get_time
from consent.verifier.digests import digest_file, digest_path
from consent.verifier.manifests.manifest import write_manifest
from consent.verifier.manifests.membership import new_run_key

__all__ = [
    "InputChanged",
    "MalformedOrder",
    "count_old_runs",
    "enforce_audience",
    "forget_runs",
    "signing_key",
]

MOST_DRAFTS = 3
"""How often a run decides because something changed while it wrote. Who changes later is pulled back."""
_SLUG = re.compile(r"[a-z0-9_][a-z0-9_-]*(\.[a-z0-9_][a-z0-9_-]*)*", re.ASCII)
_NO_SLUG = re.compile(r"[^a-z0-9_-]+", re.ASCII)
_LONGEST_SLUG = 64
_LONGEST_PURPOSE = 200
_State = list[tuple[str, int, int, int]]


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
    input_path: Path | Audience,
    output_path: Path,
    at: datetime,
    identifiers: NamedColumns | None = None,
    audience_name: str | None = None,
    overwrite: bool = False,
    progress: Progress | Watcher = Watcher(),  # noqa: B008 - it is frozen
) -> RunResult:
    """Decide every row of `input_path`, a file or an audience opened before, and let the allowed ones leave.

    `identifiers` says which columns name people: by kind, or `subject_ref` for the service's own reference;
    by default those that bear such a name. The allowed rows are written to `output_path`, in the format they
    came in, with the signed manifest and the evidence (pseudonymous personal data: keep it closed) beside it.
    If the destination is connected, they are handed over to it too, as its audience `audience_name` (by
    default the output's name). Who changes while the run lasts is decided again, or taken out again. A
    `progress` that is a function is told of rows alone, a `Watcher` of the stages, too.

    An unknown purpose, destination or controller, or no policy in force, is no error: every row is denied
    for that reason. Runs that a dead process left behind are closed first.

    :raises MalformedOrder: if a slug is none, or the output would replace the input or change its format.
    :raises AudienceUnreadable: if the audience cannot be read, with what to do about it. Nothing leaves.
    :raises OutputExists, OutputNotWritable, OutputBusy: if the output cannot be written. Nothing leaves.
    :raises ObligationNotSupported: if the policy may ask for what cannot be done. No row is read.
    :raises CanaryAlarm: if a person made up, who said no, was not denied. Nothing leaves, and an incident is
        raised.
    :raises DeliveryRefused, DeliveryFailed: if the destination does not take it.
    """
    check_slugs(purpose, destination, controller)
    audience = input_path if isinstance(input_path, Audience) else open_audience(input_path.resolve())
    columns = find_identifier_columns(audience.schema, identifiers)
    output = output_path.parent.resolve() / output_path.name
    name = audience_name or name_of(output)
    order = Order(
        question=Question(purpose=purpose, destination=destination, controller=controller),
        audience=audience,
        subject_column=find_subject_column(audience.schema, identifiers),
        columns=columns,
        at=at,
        watcher=progress if isinstance(progress, Watcher) else Watcher(rows=progress),
        audience_name=name,
    )
    files = RunFiles(output, uuid4(), Path(settings.MEMBERS))
    if not is_slug(name):
        raise MalformedOrder("the audience's name is no slug: a letter, then letters, digits, '_', '-'")
    _check_paths(audience, output)
    with hold_output(str(output)):
        close_dead_runs()
        Path(settings.MEMBERS).mkdir(mode=0o700, parents=True, exist_ok=True)
        files.check_free(overwrite=overwrite)
        return _run(order, files, name)


def signing_key() -> SigningKey:
    """Return the key that signs this installation's manifests."""
    return SigningKey.from_seed(settings.SIGNING_NAME, base64.b64decode(settings.SIGNING_KEY))


def _run(order: Order, files: RunFiles, audience_name: str) -> RunResult:
    connector = delivering.find_connector(order.question.destination)
    run = lifecycle.start(order, files)
    try:
        with open_scratch(run.pk) as scratch, open_duck(scratch) as duck:
            order = replace(order, audience=spool(order.audience, scratch))
            decide: Callable[[bytes], Draft] = lambda key: draft(order, files, duck, scratch, key)  # noqa: E731
            drafted = prepare(run, order, files, decide, audience_name)
            _leave(run, drafted, files, audience_name, connector)
    except BaseException as error:  # an interrupt too must leave nothing that looks finished
        give_up(run, files, error)
        raise
    # What is out cannot be called back: if this cannot be recorded now, the next run's start records it.
    lifecycle.complete(run)
    return result_of(run, files)


def prepare(
    run: EnforcementRun,
    order: Order,
    files: RunFiles,
    decide: Callable[[bytes], Draft],
    audience_name: str,
) -> Draft:
    """Decide and write until nothing that was recorded meanwhile would change it, or often enough.

    `decide` is given the run's hashing key. The manifest is written too; the files have no names yet. Who is
    about to be sent is committed before the last look at what was recorded: so either that look finds a no,
    or whoever reads the feed behind it finds the person.
    """
    run_key, source = new_run_key(), order.audience.path
    state, digest = _state(source), order.audience.digest
    source_digest = digest_path(source) if digest is None else digest()
    for _ in range(MOST_DRAFTS):
        with _unchanged(source, state):
            drafted = decide(run_key)
        manifest = write_manifest(state_manifest(drafted, files, source_digest=source_digest), signing_key())
        files.partial(files.manifest).unlink(missing_ok=True)
        files.write(files.manifest, [manifest])
        mark_sending(run, drafted, audience_name)
        order.watcher.stage(Stage.CHECKING)
        if not drafted.has_ended(get_time()) and not is_outdated(drafted):  # last: nothing slow comes after
            break
    else:
        recheck_changed(run, drafted)
    lifecycle.prepare(run, drafted, digest_file(files.partial(files.manifest)))
    return drafted


def _leave(
    run: EnforcementRun, drafted: Draft, files: RunFiles, audience_name: str, connector: Connector | None
) -> None:
    """Hand over what may leave, if the destination is connected, and give the files their names.

    To one that may get nothing at all, not even an empty audience is handed over.
    """
    if connector is None or not delivering.may_get_rows(drafted):
        files.deliver()
        return
    watcher = drafted.order.watcher
    watcher.stage(Stage.HANDING_OVER)
    terms = delivering.state_terms(drafted, audience_name)
    lifecycle.begin_delivery(run, terms)
    receipt = delivering.deliver(run, files, terms, connector, now=get_time(), progress=watcher.rows)
    lifecycle.note_receipt(run, receipt)
    watcher.stage(Stage.CHECKING)
    pulled = delivering.pull_back(drafted, files, terms, connector) if is_outdated(drafted) else 0
    lifecycle.note_pull_back(run, pulled, list_taken_back(drafted) if pulled else ())
    files.deliver()


def give_up(run: EnforcementRun, files: RunFiles, error: BaseException) -> None:
    """End a run that failed. Of one that was handing over, what it may have sent stays provable."""
    if files.is_delivered(run.manifest_digest):
        return
    keep_proof = run.delivery != DeliveryState.NONE
    files.withdraw(delivering=bool(run.manifest_digest), keep_proof=keep_proof)
    if isinstance(error, CanaryAlarm):
        canaries.raise_alarm(alarm=error, path="audience run", run_id=run.pk)
    lifecycle.fail(run, error)


@contextmanager
def _unchanged(source: Path, state: _State) -> Iterator[None]:
    """Let nothing come of a reading, nor of what it found wrong, if the file is not what it was.

    :raises InputChanged: if it is not.
    """
    try:
        yield
    finally:
        if _state(source) != state:
            raise InputChanged("the audience was changed while it was read: run again when it is finished")


def _state(path: Path) -> _State:
    """Return what changes when somebody writes to the file, or one in the folder, or puts another there."""
    paths = sorted(path.rglob("*")) if path.is_dir() else [path]
    found = ((one, one.stat()) for one in paths)
    return [(str(one), stat.st_ino, stat.st_size, stat.st_mtime_ns) for one, stat in found]


def check_slugs(purpose: str, destination: str, controller: str) -> None:
    """Return if each is a slug.

    :raises MalformedOrder: if one is none.
    """
    for name, slug in (("purpose", purpose), ("destination", destination), ("controller", controller)):
        longest = _LONGEST_PURPOSE if name == "purpose" else _LONGEST_SLUG
        if not _SLUG.fullmatch(slug) or len(slug) > longest:
            raise MalformedOrder(f"the {name} is no slug: lower-case letters, digits, '_', '-', dots between")


def name_of(output: Path) -> str:
    """Return what a destination is to call the audience: by the output's name, as far as that will do."""
    name = _NO_SLUG.sub("_", output.name.partition(".")[0].lower())[:_LONGEST_SLUG]
    return name if is_slug(name) else f"audience_{name}"[:_LONGEST_SLUG]


def _check_paths(audience: Audience, output: Path) -> None:
    if output.exists() and output.samefile(audience.path):
        raise MalformedOrder("the output is the input: choose another name")
    if format_of(output) not in {None, audience.format}:
        raise MalformedOrder(f"the output is written as {audience.format}, as the input: name it so")


def result_of(run: EnforcementRun, files: RunFiles) -> RunResult:
    """Return what a completed run did."""
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
        canaries=run.canaries,
        delivery=run.delivery,
        delivery_reference=run.delivery_reference,
        pulled_back=run.pulled_back,
    )
