"""Officers follow data: the picture, runs, ungated paths, and what they declare. No page names a person."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from activation.desk.lineage.counting import count_anew
from activation.enforcement.models import EnforcementRun
from consent.ledger.types import Stream
from lineage.graph import services
from lineage.graph.models import Acknowledgement, Boundary, Dataset
from tests.enforcement_world import make_world, run, write_csv
from tests.graph_world import NOON, dataset, run_event, send
from tests.ledger_world import read_entries
from tests.lineage_pages_world import (
    DECISION,
    DROP,
    GATE_RUN,
    HOSTILE,
    LONG,
    PAGE,
    TURNED,
    key_of,
    officer,
    send_ours,
    tell_hostile_names,
    tell_retailer,
)

pytestmark = pytest.mark.django_db
PAGES = ("", "runs/", "paths/", "datasets/", "boundaries/")
BOTH = ("view_lineage", "declare_lineage")


def read(client: Client, address: str) -> str:
    answer = client.get(PAGE + address)
    assert answer.status_code == 200
    return answer.content.decode()


def drawing(page: str) -> Any:
    found = re.search(r'<script id="lineage-drawing" type="application/json">(.*?)</script>', page, re.DOTALL)
    return json.loads(found[1]) if found else None


def names(page: str) -> set[str]:
    return {node["name"] for node in drawing(page)["nodes"]}


def audited() -> list[Any]:
    """Return the bodies of what the audit stream holds about lineage, each with its kind."""
    told = [one for one in read_entries() if one.stream == Stream.AUDIT]
    return [json.loads(one.envelope) for one in told if one.kind.startswith("lineage_")]


def until(days: int) -> str:
    return f"{timezone.now() + timedelta(days=days):%Y-%m-%d}"


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_page_says_what_to_do(page: str) -> None:
    text = read(officer(*BOTH), page)

    assert 'id="lineage-empty"' in text or "No boundary is set" in text
    assert drawing(text) is None


def test_the_picture_shows_gates_destinations_and_personal_data_and_the_same_as_a_table() -> None:
    tell_retailer(at=timezone.now())

    text = read(officer("view_lineage"), "")

    nodes = {node["name"]: node for node in drawing(text)["nodes"]}
    assert nodes["shop.public.customers"]["isPersonal"]
    assert nodes["meridian_ads"]["kind"] == "destination"
    assert nodes["lookalikes/2026-11"]["kind"] == "destination"
    assert {node["kind"] for node in nodes.values()} == {"dataset", "job", "gate", "destination"}
    assert "personal data: user.contact.email, user.name" in nodes["shop.public.customers"]["label"]
    assert text.count("<tr>") - 1 == len(drawing(text)["edges"])


def test_a_purpose_a_category_and_a_focus_narrow_the_picture() -> None:
    tell_retailer(at=timezone.now())
    client = officer("view_lineage")

    assert "brightmail" not in names(read(client, "?purpose=advertising"))
    assert "meridian_ads" in names(read(client, "?purpose=advertising"))
    assert "brightmail" not in names(read(client, "?category=user.contact"))
    focus = key_of("marts/customer_base")
    ahead = names(read(client, f"?focus={focus}&direction=downstream&depth=1"))
    assert "shop.public.customers" not in ahead
    assert "meridian_ads" not in ahead
    assert "marts/customer_base" in ahead


def test_a_name_leads_to_its_node_and_several_to_a_choice() -> None:
    tell_retailer(at=timezone.now())
    client = officer("view_lineage")

    answer = client.get(f"{PAGE}?q=lookalikes/2026-11")
    assert answer["Location"] == f"{PAGE}?focus={key_of('lookalikes/2026-11')}"
    assert 'id="lineage-found"' in read(client, "?q=marts")
    assert "No node has that" in read(client, "?q=nothing+of+that+name")


def test_a_picture_that_is_cut_says_so() -> None:
    send(*(run_event(f"job {n}", inputs=[f"in {n}"], outputs=[f"out {n}"]) for n in range(70)))

    text = read(officer("view_lineage"), "")

    assert 'id="lineage-cut"' in text
    assert len(drawing(text)["nodes"]) == 200


@pytest.mark.parametrize(
    "asked",
    [
        "?focus=d999999",
        "?focus=%27%3B--",
        "?direction=sideways&depth=x",
        "?depth=100000000",
        "runs/?before=x&state=NONE",
        "runs/?before=2026-01-01T00:00:00_99999999999999999999999",
        "runs/?node=j99",
        "runs/?purpose=%00",
        "?q=%00",
        "?purpose=%00&category=%00",
        "datasets/?q=%00",
        "paths/?kind=x&after=y",
    ],
)
def test_what_makes_no_sense_is_answered_calmly(asked: str) -> None:
    tell_retailer(at=timezone.now())

    read(officer(*BOTH), asked)


@pytest.mark.parametrize(
    "asked",
    [
        "runs/00000000-0000-4000-8000-000000000000/",
        "nodes/d999/",
        "nodes/x/",
        "datasets/d999/",
        "datasets/j1/",
        "runs/x/",
    ],
)
def test_what_is_not_there_is_not_found(asked: str) -> None:
    assert officer(*BOTH).get(PAGE + asked).status_code == 404


def test_a_run_tells_its_decision_in_words_and_leads_to_the_policy_and_the_evidence(tmp_path: Any) -> None:
    make_world()
    done = _enforce(tmp_path)
    text = read(officer("view_lineage"), f"runs/{done.pk}/")

    assert "The person withdrew their consent." in text
    assert "email was masked (sha256)" in text
    assert "phone was left out" in text
    assert "shop version 1" in text
    assert re.search(r"/admin/consent_policies/policyversion/\d+/change/", text)
    assert f"/admin/activation_enforcement/enforcementrun/{done.pk}/change/" in text
    assert done.manifest_digest in text
    assert "another manifest" not in text


def test_an_event_that_names_another_manifest_than_the_run_is_pointed_out(tmp_path: Any) -> None:
    make_world()
    done = _enforce(tmp_path)
    later = (timezone.now() - NOON).total_seconds() / 60 + 60
    send_ours(
        "x",
        decision=DECISION,
        run_id=done.pk,
        source=dataset("a"),
        target=dataset("b"),
        minutes=later,
    )

    assert "another manifest" in read(officer("view_lineage"), f"runs/{done.pk}/")


def test_a_run_without_a_decision_and_one_of_another_installation_say_so() -> None:
    tell_retailer(at=timezone.now())
    client, other = officer("view_lineage"), uuid4()
    send(run_event("plain", run_id=other))

    assert "it is no gate" in read(client, f"runs/{other}/")
    assert "another installation ran it" in read(client, f"runs/{GATE_RUN}/")


def test_runs_are_filtered_and_paged() -> None:
    tell_retailer(at=timezone.now())
    client = officer("view_lineage")

    assert str(GATE_RUN) in read(client, "runs/?state=COMPLETE&destination=meridian_ads")
    assert str(GATE_RUN) not in read(client, "runs/?purpose=email")
    assert str(GATE_RUN) not in read(client, "runs/?state=FAIL")
    send(*(run_event(f"job {n}", minutes=10) for n in range(50)))
    first = read(client, "runs/")
    assert str(GATE_RUN) not in first
    earlier = re.search(r'href="/admin/activation_desk/lineage/(runs/\?before=[^"]+)">Earlier', first)
    assert earlier is not None
    assert str(GATE_RUN) in read(client, earlier[1])


def test_a_node_tells_its_facts_columns_and_runs() -> None:
    tell_retailer(at=timezone.now())
    client = officer("view_lineage")

    text = read(client, f"nodes/{key_of('shop.public.customers')}/")
    for fact in ("team:crm", "customer_id", "residence", "user.name", "Where it goes"):
        assert fact in text
    assert "Declare what it holds" not in text
    gate = read(client, f"nodes/{key_of('enforce_audience.advertising.audience.meridian_ads')}/")
    assert str(GATE_RUN) in gate


def test_an_ungated_path_is_listed_and_noted_as_known_with_an_entry_of_who_did_it() -> None:
    tell_retailer(at=timezone.now())
    client = officer(*BOTH)
    text = read(client, "paths/")
    assert "export_lookalikes" in text
    assert "meridian_ads" not in text
    path = re.search(r'name="path" value="([^"]+)"', text)
    assert path is not None

    answer = client.post(f"{PAGE}paths/", {"path": path[1], "reason": "a contract ends", "until": until(30)})

    assert answer.status_code == 302
    note = Acknowledgement.objects.get()
    assert note.reason == "a contract ends"
    assert note.acknowledged_by.startswith("officer ")
    [entry] = audited()
    assert (entry["kind"], entry["body"]["path"]) == ("lineage_path_noted", path[1])
    assert "contract" not in str(entry)
    assert "a contract ends" in read(client, "paths/")


@pytest.mark.parametrize(
    "sent",
    [
        {"path": "ungated.d1.d2", "reason": "", "until": "2999-01-01"},
        {"path": "ungated.d1.d2", "reason": "r", "until": "2020-01-01"},
        {"path": "ungated.d1.d2", "reason": "r", "until": "never"},
        {"path": "no path", "reason": "r", "until": "30"},
        {"path": "ungated.d999999.d999998", "reason": "r", "until": "30"},
        {"path": "ungated.d1.d2", "reason": "r" * 1001, "until": "30"},
    ],
)
def test_a_note_that_makes_no_sense_changes_nothing(sent: dict[str, str]) -> None:
    tell_retailer(at=timezone.now())
    days = {"30": until(30)}

    answer = officer(*BOTH).post(f"{PAGE}paths/", {**sent, "until": days.get(sent["until"], sent["until"])})

    assert answer.status_code in {200, 302}
    assert not Acknowledgement.objects.exists()
    assert audited() == []


def test_a_dataset_is_declared_and_says_by_whom() -> None:
    tell_retailer(at=timezone.now())
    client, key = officer(*BOTH), key_of("marts/products")

    answer = client.post(
        f"{PAGE}datasets/{key}/",
        {"is_personal": "on", "categories": "user.name\nuser.device", "owner": "team:shop"},
    )

    assert answer.status_code == 302
    row = Dataset.objects.get(pk=key[1:])
    assert (row.categories, row.is_personal, row.owner) == (["user.device", "user.name"], True, "team:shop")
    assert row.declared_by.startswith("officer ")
    assert [entry["body"]["dataset"] for entry in audited()] == [key]
    assert "team:shop" in read(client, "datasets/?q=products")


def test_what_events_told_is_not_declared_by_opening_and_saving_the_form() -> None:
    tell_retailer(at=timezone.now())
    client, key = officer(*BOTH), key_of("shop.public.customers")
    form = client.get(f"{PAGE}datasets/{key}/").context["form"]

    assert form["is_personal"].value() is False
    assert form["categories"].value() == ""
    assert form["owner"].value() == ""


def test_a_boundary_is_set_and_listed() -> None:
    client = officer(*BOTH)

    sent = {
        "namespace": "s3://agency",
        "name": "",
        "side": "outside",
        "owner": "team:data",
        "note": "ask first",
    }
    assert client.post(f"{PAGE}boundaries/", sent).status_code == 302

    assert Boundary.objects.get().is_outside
    text = read(client, "boundaries/")
    assert "s3://agency" in text
    assert "ask first" in text
    assert [entry["kind"] for entry in audited()] == ["lineage_boundary_set"]
    assert client.post(f"{PAGE}boundaries/", {**sent, "namespace": " "}).status_code == 200


@pytest.mark.parametrize("page", [*PAGES, f"runs/{GATE_RUN}/"])
def test_whoever_may_not_see_lineage_sees_no_page(page: str) -> None:
    tell_retailer(at=timezone.now())

    assert officer("view_simulationrun", "declare_lineage").get(PAGE + page).status_code == 403
    assert Client().get(PAGE + page).status_code == 302


def test_whoever_may_only_look_changes_nothing() -> None:
    tell_retailer(at=timezone.now())
    client, key = officer("view_lineage"), key_of("marts/products")

    note = {"path": "ungated.d1.d2", "reason": "r", "until": until(3)}
    assert client.post(f"{PAGE}paths/", note).status_code == 403
    assert client.post(f"{PAGE}boundaries/", {"namespace": DROP, "side": "inside"}).status_code == 403
    assert client.post(f"{PAGE}datasets/{key}/", {"is_outside": "on"}).status_code == 403
    assert client.get(f"{PAGE}datasets/{key}/").status_code == 403
    assert "Note as known" not in read(client, "paths/")
    assert 'name="namespace"' not in read(client, "boundaries/")
    assert not Acknowledgement.objects.exists()
    assert Boundary.objects.get().is_outside
    assert audited() == []


def test_hostile_names_are_escaped_shortened_and_made_visible() -> None:
    tell_hostile_names()
    client = officer(*BOTH)

    for page in ("", "datasets/", "runs/", f"nodes/{key_of(LONG)}/", f"nodes/{key_of(HOSTILE)}/", "?q=alert"):
        text = read(client, page)
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert TURNED not in text
        assert not re.search(r'(href|src)="\s*javascript:', text)
        assert len(text) < 400_000
    picture = read(client, "")
    assert "&lt;U+202E&gt;" in picture
    assert all(len(node["name"]) <= 25 for node in drawing(picture)["nodes"])
    assert all(len(node["title"]) <= 700 for node in drawing(picture)["nodes"])


def _enforce(folder: Any) -> EnforcementRun:
    write_csv(folder)
    run(folder)
    services.load(limit=1000)
    return EnforcementRun.objects.get()


def test_the_sidebar_counts_ungated_paths_for_those_who_may_see_lineage_and_keeps_every_other_page() -> None:
    tell_retailer(at=timezone.now())
    count_anew()

    text = officer("view_lineage", "view_simulationrun").get("/admin/").content.decode()
    sidebar = text[text.index('id="nav-sidebar"') : text.index('id="main"')]

    assert re.search(r"Ungated paths</span>\s*<span[^>]*>\s*3\s*</span>", sidebar)
    assert "Simulations" in sidebar
    assert "Withdrawals" not in sidebar
