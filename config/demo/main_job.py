"""The main job from end to end: policy, choices, audience, checks, a withdrawal, evidence."""

import csv
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from activation.checks import services as keys
from activation.decisions.types import Question
from activation.enforcement import services as enforcement
from activation.enforcement.types import RunResult
from config.demo import (
    asking_for_data,
    change,
    evidence,
    following_data,
    front_doors,
    handing_over,
    ledger,
    open_requests,
    pulling_through,
    stage,
    strings,
)
from config.demo.asking import Asking
from config.demo.audience import write_audience
from config.demo.calls import AdPlatformPage, Api
from config.demo.choices import write_choices
from config.demo.people import HARBOR
from config.demo.telling import Teller
from consent.records.services import ImportReport, import_rows, read_lines

QUESTION = Question(purpose="advertising.audience", destination="meridian_ads", controller=HARBOR)


@dataclass
class MainJob:
    """One telling of the story. `now` reads the clock: each chapter happens at its own time."""

    folder: Path
    """Where the demo's files lie."""
    lineage_file: Path
    url: str
    """Where the web process answers."""
    check_url: str
    """Where the check server answers."""
    platform: AdPlatformPage
    shop_url: str
    """Where the shop's page is."""
    teller: Teller
    now: Callable[[], datetime]
    summary: dict[str, Any] = field(default_factory=dict)

    def run(self) -> dict[str, Any]:
        """Tell the story and return its figures.

        :raises StoryFailed: if anything does not come out as it must.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.teller.chapter("policy", "A policy, published by a second officer"):
            self._publish_policy()
        with self.teller.chapter("import", "The choices of 23,570 customers (generated) go into the ledger"):
            self._import_choices()
        with self.teller.chapter(
            "first_run", "Lapsed high-value customers, enforced on the way to an ad platform"
        ):
            first = self._enforce("first")
        with self.teller.chapter("checks", "The same question over the API, and a withdrawal"):
            customer_id = self._ask_and_withdraw(first)
        with self.teller.chapter("second_run", "The same audience once more"):
            second = self._enforce("second")
        with self.teller.chapter(
            "destinations", "The same audience, handed over to two kinds of destination"
        ):
            handed_over = self._hand_over()
        with self.teller.chapter(
            "pull_through", "A withdrawal, taken to the ad platform that holds the person"
        ):
            self._pull_through(handed_over)
        with self.teller.chapter("change", "A change of the policy, seen before it bites"):
            self.summary["change"] = change.propose(at=self.now(), teller=self.teller)
        with self.teller.chapter("evidence", "What an outsider can check"):
            self._show_evidence(first, second, customer_id)
        with self.teller.chapter("lineage", "Where the data went, and what went around us"):
            self._follow_data(customer_id)
        with self.teller.chapter("requests", "A customer asks what is known of them, and to be erased"):
            self._answer_requests(handed_over)
        with self.teller.chapter(
            "front_doors", "Two front doors: the officer's desk, and the people's pages"
        ):
            self._open_front_doors(second)
        with self.teller.chapter("signals", "Strings of a banner, and a browser against an earlier yes"):
            self._send_signals()
        with self.teller.chapter("ledger", "Nobody can change what was recorded unnoticed"):
            self.summary["verified"] = ledger.verify(teller=self.teller)
        return self.summary | {"timings": self.teller.timings}

    def _publish_policy(self) -> None:
        at = self.now()
        policy = stage.publish_policy(at=at, teller=self.teller)
        stage.register_destinations(policy, at=at, teller=self.teller)
        handing_over.disconnect(at=at)
        self.summary["policy"] = {"key": policy.key, "version": policy.version, "digest": policy.digest}

    def _import_choices(self) -> None:
        file = self.folder / "choices.ndjson"
        if not file.exists():  # once: a later day's file would tell another story
            unfinished = file.with_suffix(".partial")
            generated = write_choices(unfinished, self.now())
            unfinished.replace(file)
            self.teller.say(
                f"{generated.choices:,} choices of {generated.lines:,} rows generated: {file.name}"
            )
        report = self._import(file)
        self.teller.say(f"{report.accepted:,} rows accepted, {report.rejected} rejected:")
        for fault in report.faults:
            self.teller.say(f"  line {fault.line:>6}: {fault.message}")
        if report.repeated:
            self.teller.say("(The file was imported before: nothing was written twice.)")
        self.summary["import"] = {
            "accepted": report.accepted,
            "rejected": report.rejected,
            "rejected_lines": [fault.line for fault in report.faults],
            "repeated": report.repeated,
        }

    def _import(self, path: Path) -> ImportReport:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            return import_rows(
                lines=read_lines(file),
                digest=digest,
                source="demo",
                at=self.now(),
                progress=lambda lines: self.teller.say(f"  … {lines:,} lines") if lines % 5000 == 0 else None,
            )

    def _enforce(self, name: str) -> RunResult:
        at = self.now()
        audience = self.folder / "audience.csv"
        if not audience.exists():
            write_audience(audience, HARBOR)
        output = self.folder / f"{at:%Y%m%dT%H%M%S%f}-{name}.csv"
        result = enforcement.enforce_audience(
            purpose=QUESTION.purpose,
            destination=QUESTION.destination,
            controller=QUESTION.controller,
            input_path=audience,
            output_path=output,
            at=at,
        )
        self.teller.say(f"{result.rows_in:,} rows in, {result.allowed:,} allowed, {result.denied:,} denied:")
        self.teller.say_counts(dict(result.denied_by_reason))
        self.teller.say(f"Output:   {result.output}")
        self.teller.say(f"Manifest: {result.manifest}")
        self.summary.setdefault("runs", []).append(_figures(result))
        return result

    def _ask_and_withdraw(self, run: RunResult) -> str:
        """Return the customer who was allowed, and then withdrew."""
        sent = _customers(run.output)
        allowed = sent[0]
        denied = next(one for one in _customers(self.folder / "audience.csv") if one not in set(sent))
        name, key = stage.make_key(at=self.now())
        asking = Asking(Api(self.url, key), Api(self.check_url, key), QUESTION, self.teller)
        try:
            asking.wait_until_caught_up(allowed)
            asking.ask("a customer who was sent", allowed, expected=True)
            asking.ask("a customer who was not", denied, expected=False)
            token, milliseconds = asking.withdraw(allowed)
            asking.ask("the same customer, read after that write", allowed, expected=False, at_least=token)
        finally:
            keys.revoke_key(name=name, at=self.now())
        self.summary["checks"] = asking.checks
        self.summary["check_server"] = {
            "same_answers": len(asking.checks),
            "withdrawal_denied_after_ms": milliseconds,
        }
        return allowed

    def _hand_over(self) -> RunResult:
        audience, at = self.folder / "audience.csv", self.now()
        run, self.summary["handed_over"] = handing_over.hand_over(
            audience, self.folder, self.platform, at=at, teller=self.teller
        )
        return run

    def _pull_through(self, run: RunResult) -> None:
        name, key = stage.make_key(at=self.now())
        try:
            self.summary["pulled_through"] = pulling_through.withdraw(
                _customers(run.output)[0], Api(self.url, key), self.platform, teller=self.teller
            )
        finally:
            keys.revoke_key(name=name, at=self.now())

    def _show_evidence(self, first: RunResult, second: RunResult, customer_id: str) -> None:
        who = f"customer_id:{customer_id}"
        evidence.verify(first.manifest, "--present", who, teller=self.teller)
        evidence.verify(second.manifest, "--absent", who, teller=self.teller)
        evidence.emit_lineage([first.run_id, second.run_id], self.lineage_file, teller=self.teller)
        self.summary["lineage"] = {"events_file": str(self.lineage_file)}

    def _follow_data(self, customer_id: str) -> None:
        name, key = stage.make_key(at=self.now())
        try:
            audience, at = self.folder / "audience.csv", self.now()
            found = following_data.follow(
                audience, customer_id, Api(self.url, key), at=at, teller=self.teller
            )
        finally:
            keys.revoke_key(name=name, at=self.now())
        self.summary["lineage"] |= found

    def _answer_requests(self, run: RunResult) -> None:
        name, key = stage.make_key(at=self.now())
        sent, api = _customers(run.output), Api(self.url, key)
        customer = asking_for_data.Customer(
            person=asking_for_data.choose_customer(sent),
            api=api,
            asking=Asking(api, Api(self.check_url, key), QUESTION, self.teller),
            folder=self.folder,
            teller=self.teller,
        )
        try:
            asking_for_data.prepare(customer, sent)
            access = asking_for_data.ask_for_access(customer)
            erasure = asking_for_data.ask_for_erasure(customer)
        finally:
            keys.revoke_key(name=name, at=self.now())
        opened = open_requests.seed(teller=self.teller)
        self.teller.say(f"Ask for something yourself: {self.url}/privacy/. Officers see it in the admin.")
        self.summary["requests"] = {"access": access, "erasure": erasure, "open": opened}

    def _open_front_doors(self, run: RunResult) -> None:
        name, key = stage.make_key(at=self.now())
        api = Api(self.url, key)
        doors = front_doors.Doors(
            api=api,
            asking=Asking(api, Api(self.check_url, key), QUESTION, self.teller),
            shop_url=self.shop_url,
            teller=self.teller,
        )
        try:
            self.summary["front_doors"] = front_doors.open_both(doors, _customers(run.output), at=self.now())
        finally:
            keys.revoke_key(name=name, at=self.now())

    def _send_signals(self) -> None:
        name, key = stage.make_key(at=self.now())
        try:
            self.summary["signals"] = strings.send(Api(self.url, key), at=self.now(), teller=self.teller)
        finally:
            keys.revoke_key(name=name, at=self.now())


def _customers(file: Path) -> list[str]:
    with file.open(encoding="utf-8", newline="") as rows:
        return [row["customer_id"] for row in csv.DictReader(rows)]


def _figures(result: RunResult) -> dict[str, Any]:
    return {
        "id": str(result.run_id),
        "purpose": result.purpose,
        "destination": result.destination,
        "controller": result.controller,
        "rows_in": result.rows_in,
        "allowed": result.allowed,
        "denied": result.denied,
        "denied_by_reason": dict(result.denied_by_reason),
        "output": str(result.output),
        "manifest": str(result.manifest),
        "evidence": str(result.evidence),
    }
