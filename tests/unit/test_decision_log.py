"""The decision log says who asked for what and what came of it, never about whom."""

import json
from dataclasses import replace
from pathlib import Path

from activation.checks.answering.decision_log import DecisionLog, Entry, Lines
from activation.decisions.reasons import Effect, Reason
from activation.decisions.types import Decision

ALLOW = Decision(
    effect=Effect.ALLOW,
    reason=Reason.GRANTED,
    purpose="ads",
    destination="partner",
    policy_version=7,
    policy_digest="sha256:00",
)
DENY = replace(ALLOW, effect=Effect.DENY, reason=Reason.REFUSED)


def test_a_single_answer_and_a_batch_are_one_line_each() -> None:
    lines = Lines()
    single = json.loads(lines.line_of(Entry(1_000_000, 'a "tool"', b"42", (ALLOW,))))
    again = json.loads(lines.line_of(Entry(2_000_000, "other", b"43", (ALLOW,))))
    batch = json.loads(lines.line_of(Entry(0, "tool", b"42", (ALLOW, DENY, ALLOW))))

    assert single == {
        "at": "1970-01-01T00:00:01+00:00",
        "client": 'a "tool"',
        "watermark": 42,
        "purpose": "ads",
        "destination": "partner",
        "policy_version": 7,
        "policy_digest": "sha256:00",
        "decisions": [{"effect": "allow", "reason": "granted", "count": 1}],
    }
    assert (again["client"], again["watermark"], again["decisions"]) == ("other", 43, single["decisions"])
    assert [(one["reason"], one["count"]) for one in batch["decisions"]] == [("granted", 2), ("refused", 1)]


def test_another_decision_is_never_told_in_the_words_of_one_before() -> None:
    lines = Lines()
    for number in range(50):  # each takes the place in memory that the one before left
        decision = replace(ALLOW, purpose=f"p{number}")
        assert f'"p{number}"' in lines.line_of(Entry(0, "tool", b"1", (decision,)))


def test_what_waits_is_written_before_the_end(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path / "decisions.ndjson")
    log.start()
    for _ in range(3):
        log.add(Entry(0, "tool", b"1", (DENY,)))
    log.stop()

    assert len((tmp_path / "decisions.ndjson").read_text().splitlines()) == log.written == 3
    assert (tmp_path / "decisions.ndjson").stat().st_mode & 0o077 == 0
