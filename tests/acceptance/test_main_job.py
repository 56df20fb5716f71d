"""The main job, end to end, on real input: what `./dev demo` did, and what it left."""

import csv
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from config.demo.expected import ALLOWING, count_expected
from config.demo.malformed import MALFORMED
from config.launch.arguments import ROOT
from lineage.facets.validation import check_event
from tests.acceptance.conftest import Demo

pytestmark = pytest.mark.xdist_group("demo")


def run(demo: Demo, index: int) -> dict[str, Any]:
    found: dict[str, Any] = demo.summary["runs"][index]
    return found


def expected_denials() -> dict[str, int]:
    return {reason: count for reason, count in count_expected().items() if reason not in ALLOWING}


def customers(file: str) -> set[str]:
    with Path(file).open(encoding="utf-8", newline="") as rows:
        return {row["customer_id"] for row in csv.DictReader(rows)}


def verify(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run `verify_manifest` with no database to reach."""
    return run_verifier("manifest", *words)


def run_verifier(what: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run one of the commands that verify, with no database to reach."""
    environment = os.environ | {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "BROKER_URL": "redis://127.0.0.1:1/0",
    }
    command = [str(ROOT / ".venv/bin/python"), "manage.py", f"verify_{what}", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def key_of(demo: Demo) -> str:
    """Return the verifier key, as the story printed it."""
    return demo.story.partition("signed by ")[2].split()[0]


def test_the_policy_is_published_and_its_digest_shown(demo: Demo) -> None:
    policy = demo.summary["policy"]

    assert policy["version"] == 1
    assert policy["digest"].startswith("sha256:")
    assert policy["digest"] in demo.story
    assert "Refused: retailer 1 must be approved by somebody else than its author." in demo.story


def test_every_row_goes_in_but_the_malformed_ones(demo: Demo) -> None:
    imported = demo.summary["import"]

    assert imported["rejected_lines"] == [malformed.line for malformed in MALFORMED]
    assert imported["rejected"] == len(MALFORMED) == 12
    assert imported["accepted"] > 23_000


def test_the_first_run_denies_exactly_those_whom_the_oracle_denies(demo: Demo) -> None:
    first = run(demo, 0)

    assert first["denied_by_reason"] == expected_denials()
    assert first["rows_in"] == first["allowed"] + first["denied"] == sum(count_expected().values())


def test_the_withdrawn_customer_is_in_the_first_export_and_not_in_the_second(demo: Demo) -> None:
    first, second, asked = run(demo, 0), run(demo, 1), demo.summary["checks"]
    withdrawn = asked[0]["customer_id"]

    assert [check["decision"] for check in asked] == [True, False, False]
    assert asked[2]["reason"] == "withdrawn"
    assert customers(first["output"]) - customers(second["output"]) == {withdrawn}
    assert second["denied_by_reason"]["withdrawn"] == first["denied_by_reason"]["withdrawn"] + 1


def test_the_check_server_says_the_same_and_denies_the_withdrawn_customer_soon(demo: Demo) -> None:
    told = demo.summary["check_server"]

    assert told["same_answers"] == len(demo.summary["checks"]) == 3
    assert 0 < told["withdrawal_denied_after_ms"] < 5_000
    assert "The check server denies" in demo.story


def test_obligations_are_applied_to_what_left(demo: Demo) -> None:
    with Path(run(demo, 0)["output"]).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert rows
    assert "phone" not in rows[0]
    assert not [row for row in rows if "@" in row["email"]]


def test_one_audience_is_handed_over_to_two_kinds_of_destination(demo: Demo) -> None:
    ads, features = demo.summary["handed_over"]
    second = run(demo, 1)

    assert (ads["destination"], features["destination"]) == ("meridian_ads", "orbit_features")
    assert ads["delivery"] == features["delivery"] == "acknowledged"
    assert ads["taken"] == ads["allowed"] == second["allowed"]
    assert features["allowed"] > 0
    assert ads["canaries"] > 0
    assert features["canaries"] > 0


def test_a_withdrawal_is_taken_to_the_ad_platform_that_holds_the_person(demo: Demo) -> None:
    pulled = demo.summary["pulled_through"]

    assert pulled["held_after"] == pulled["held_before"] - 1
    assert 0 < pulled["removed_after_ms"] < 30_000
    assert 0 < pulled["enforced_seconds"] <= pulled["acknowledged_seconds"]
    assert "had taken them out" in demo.story


def test_an_outsider_verifies_both_manifests_with_nothing_but_the_published_key(demo: Demo) -> None:
    who = f"customer_id:{demo.summary['checks'][0]['customer_id']}"
    key = key_of(demo)

    present = verify(run(demo, 0)["manifest"], "--key", key, "--present", who)
    absent = verify(run(demo, 1)["manifest"], "--key", key, "--absent", who)

    assert present.returncode == 0, present.stdout + present.stderr
    assert absent.returncode == 0, absent.stdout + absent.stderr


def test_an_outsider_is_not_told_that_the_withdrawn_customer_was_in_the_second_export(demo: Demo) -> None:
    who = f"customer_id:{demo.summary['checks'][0]['customer_id']}"

    refuted = verify(run(demo, 1)["manifest"], "--key", key_of(demo), "--present", who)

    assert refuted.returncode == 1


def test_lineage_holds_start_and_complete_of_both_runs(demo: Demo) -> None:
    lines = Path(demo.summary["lineage"]["events_file"]).read_text(encoding="utf-8").splitlines()
    events = [json.loads(line) for line in lines]

    for index in (0, 1):
        own = [event for event in events if event["run"]["runId"] == run(demo, index)["id"]]
        assert [event["eventType"] for event in own] == ["START", "COMPLETE"]
        assert not [fault for event in own for fault in check_event(event)]


def test_no_event_names_a_person(demo: Demo) -> None:
    text = Path(demo.summary["lineage"]["events_file"]).read_text(encoding="utf-8")

    assert "sub_" not in text
    assert "customers.example" not in text
    customer = demo.summary["checks"][0]["customer_id"]
    assert not re.search(rf"(?<!\w){customer}(?!\w)", text)  # digests and times may hold the same digits


def test_a_way_around_every_enforcement_is_found_and_a_customer_traced_through_the_runs(demo: Demo) -> None:
    lineage = demo.summary["lineage"]

    assert lineage["ungated_paths"] == 1
    assert lineage["traced_runs"] == {"received": 2, "denied": 2}


def test_a_customer_gets_what_is_known_of_them_with_every_order(demo: Demo) -> None:
    access, erasure = demo.summary["requests"]["access"], demo.summary["requests"]["erasure"]

    assert access["bytes"] > 0
    assert access["orders"] == erasure["rows_before"]["orders"] > 0


def test_an_erased_customer_is_gone_from_both_systems_denied_and_not_brought_back(demo: Demo) -> None:
    erasure = demo.summary["requests"]["erasure"]

    assert erasure["reason"] == "subject_erased"
    assert all(erasure["rows_before"].values())
    assert set(erasure["rows_after"].values()) == {0}
    assert erasure["brought_back"] == 0


def test_an_outsider_verifies_the_certificate_which_names_nobody(demo: Demo) -> None:
    file = Path(demo.summary["requests"]["erasure"]["certificate"])

    done = run_verifier("certificate", str(file), "--key", key_of(demo))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "customers.example" not in file.read_text(encoding="utf-8")


def test_officers_find_open_requests_and_people_their_mails(demo: Demo) -> None:
    mails = [path.read_text(encoding="utf-8") for path in (demo.home / "mails").iterdir()]

    assert demo.summary["requests"]["open"] > 10
    assert any(demo.summary["requests"]["erasure"]["reference"] in mail for mail in mails)
    assert any(f"{demo.url}/privacy/" in mail for mail in mails)


def test_an_officer_finds_a_customer_and_sees_what_holds_and_why(demo: Demo) -> None:
    doors = demo.summary["front_doors"]

    assert doors["found"]["holds"]
    assert doors["found"]["answer"].startswith("allow")
    assert doors["home"]["needs"]
    assert doors["home"]["headline"] in demo.story


def test_people_say_no_on_their_page_in_a_mail_program_and_on_a_site(demo: Demo) -> None:
    doors = demo.summary["front_doors"]

    assert doors["preferences"]["purposes"] > 3
    assert 0 < doors["preferences"]["denied_after_ms"] < 30_000
    assert 0 < doors["one_click"]["denied_after_ms"] < 30_000
    assert doors["site"]["holds"]["analytics.measurement"] is True
    assert doors["site"]["holds"]["advertising.audience"] is False


def test_strings_and_a_browsers_signal_come_to_what_the_mapping_says(demo: Demo) -> None:
    signals = demo.summary["signals"]

    assert signals["tc_string"] == {"yes": 2, "no": 2}
    assert signals["gpp_string"] == {"yes": 0, "no": 2}
    assert (signals["gpc"]["conflicts"], signals["gpc"]["won"]) == (1, "heard")


def test_the_logs_name_no_person(demo: Demo) -> None:
    files = [path for path in demo.home.rglob("*.log") if path.parent.name != "mails"]  # those are to people
    logs = "".join(path.read_text(encoding="utf-8") for path in files)

    assert logs
    assert "customers.example" not in logs
    assert "sub_" not in logs


def test_the_figures_are_complete(demo: Demo) -> None:
    assert set(demo.summary) >= {
        *(
            "policy",
            "import",
            "runs",
            "checks",
            "check_server",
            "change",
            "lineage",
            "requests",
            "front_doors",
            "signals",
            "timings",
        )
    }
    assert len(demo.summary["timings"]) == 14
    assert all(
        Path(one["manifest"]).exists() and Path(one["output"]).exists() for one in demo.summary["runs"]
    )


def test_the_ledger_is_verified_and_a_changed_byte_in_a_copy_is_named(demo: Demo) -> None:
    verified = demo.summary["verified"]

    assert verified["ledger"].splitlines()[-1] == "verified"
    assert "FAILED" not in verified["ledger"]
    assert "FAILED  leaf " in verified["changed_copy"]
    assert "its envelope is not the one its hash is over" in verified["changed_copy"]
    assert "not verified: 2 findings" in verified["changed_copy"]  # as README tells
