"""A policy is a file, rows and canonical JSON: whichever way it goes, nothing is lost."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from consent.kernel import canonical
from consent.policies import queries, rows, services
from consent.policies.document.normalising import normalise
from consent.policies.document.reading import read_yaml
from consent.policies.document.sealing import seal
from consent.policies.document.writing import write_yaml
from consent.policies.models import Controller, NoticeText, PolicyVersion, Purpose, Rule, RuleObligation
from consent.policies.models.part import Part
from consent.policies.rows import read_rows, write_rows
from tests.policy_documents import RETAILER, make_document, read_retailer, remove, spoil
from tests.policy_officers import JAN_1, make_draft, make_officer
from tests.policy_strategies import documents

pytestmark = pytest.mark.django_db

OFTEN = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
PARTS = [model for model in apps.get_models() if issubclass(model, Part)]


@contextmanager
def undone() -> Iterator[None]:
    """Take back whatever is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def begin(document: dict[str, Any]) -> PolicyVersion:
    """Return a draft with the document's text, and no rows."""
    frozen, digest = seal(document)
    return PolicyVersion.objects.create(
        key=document["policy"],
        version=PolicyVersion.objects.count() + 1,
        title=document["title"],
        document=frozen.decode(),
        digest=digest,
        author=make_officer("alice"),
    )


def values_of(version: PolicyVersion) -> dict[str, list[Any]]:
    """Return all that the version's rows say, without the numbers that name rows."""
    found: dict[str, list[Any]] = {}
    for model in PARTS:
        names = {field.name for field in model._meta.fields}
        keys = names & {"version", "notice", "notice_version", "rule", "destination"}
        path = {
            "version": "version",
            "rule": "rule__version",
            "destination": "destination__version",
            "notice_version": "notice_version__notice__version",
        }
        owner = "version" if "version" in names else next(path.get(key, "notice__version") for key in keys)
        plain = sorted(names - {"id", "version", "notice_version"} - (keys & {"rule", "destination"}))
        if model.__name__ == "NoticeVersion":
            plain.remove("notice")
        rows = model._default_manager.filter(**{owner: version}).order_by("pk")
        found[model.__name__] = sorted(map(repr, rows.values_list(*plain)))
    return found


@OFTEN
@given(document=documents())
def test_rows_hold_all_that_a_document_says(document: dict[str, Any]) -> None:
    with undone():
        version = begin(document)
        write_rows(version, document)

        assert read_rows(version) == normalise(document)


@OFTEN
@given(document=documents())
def test_yaml_becomes_rows_becomes_the_same_yaml(document: dict[str, Any]) -> None:
    text = write_yaml(normalise(document))
    with undone():
        version = begin(document)
        write_rows(version, read_yaml(text))

        assert write_yaml(read_rows(version)) == text


@OFTEN
@given(document=documents())
def test_rows_become_json_become_the_same_rows(document: dict[str, Any]) -> None:
    with undone():
        first, second = begin(document), begin(document)
        write_rows(first, document)
        frozen = canonical.dumps(read_rows(first))
        write_rows(second, canonical.loads(frozen))

        assert values_of(second) == values_of(first)
        assert any(values_of(first).values())


@pytest.mark.parametrize("document", [make_document(), read_retailer()], ids=["small", "retailer"])
def test_known_documents_survive_their_rows(document: dict[str, Any]) -> None:
    version = begin(document)
    write_rows(version, document)

    assert read_rows(version) == normalise(document)


def lose(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the document with one optional field of it lost, for each there is."""
    normal = normalise(document)
    for section in ("purposes", "data_categories", "destinations", "jurisdictions"):
        for slug, entry in normal[section].items():
            for name in entry.keys() - {"title"}:
                yield f"{section}.{slug}.{name}", remove(normal, section, slug, name)
    for number, rule in enumerate(normal["rules"]):
        for name in rule.keys() - {"id"}:
            yield f"rules[{number}].{name}", remove(normal, "rules", number, name)


def test_the_comparison_sees_each_field_that_is_lost() -> None:
    whole = normalise(read_retailer())

    lost = dict(lose(whole))

    assert len(lost) > 150
    assert [path for path, document in lost.items() if document == whole] == []


EVERYTHING = {
    "purposes": ["service.orders"],
    "jurisdictions": ["GB"],
    "controllers": ["kiosk"],
    "basis": "consent",
    "direct_marketing": True,
    "validity": "P1Y",
    "double_opt_in": True,
    "data_categories": ["contact.email"],
    "special_condition": "Art. 9(2)(h)",
    "transfer_countries": ["US"],
    "signals": [],
    "assessment": "DPIA-1",
    "unknown_subject": "allow",
    "survives_erasure": True,
    "survives_restriction": True,
}


def test_the_rule_that_says_everything_uses_every_field() -> None:
    assert set(EVERYTHING) == set(rows._RULE_FIELDS)


@pytest.mark.parametrize("forgotten", EVERYTHING)
def test_a_field_that_rows_forget_is_missed(forgotten: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document = make_document()
    document["rules"].append({"id": "everything", **EVERYTHING})
    version = begin(document)
    write_rows(version, document)
    assert read_rows(version) == normalise(document)

    monkeypatch.setattr(rows, "_RULE_FIELDS", tuple(name for name in EVERYTHING if name != forgotten))

    assert read_rows(version) != normalise(document)


def test_a_file_comes_back_to_the_byte_with_its_comments() -> None:
    text = RETAILER.read_text(encoding="utf-8")

    draft = services.import_policy(text=text, author_id=make_officer("alice").pk, at=JAN_1)

    assert "# An example of the format" in text
    assert queries.get_yaml(key=draft.key, version=draft.version) == text


def test_an_edited_draft_comes_back_as_its_rows_say(tmp_path: Any, capsys: Any) -> None:
    draft = make_draft()
    Purpose.objects.filter(version_id=draft.version_id, slug="service.orders").update(title="Your orders")

    digest = services.seal_draft(version_id=draft.version_id, officer_id=make_officer("carol").pk, at=JAN_1)

    expected = spoil(make_document(), "purposes", "service.orders", "title", value="Your orders")
    call_command("export_policy", "1")
    text = capsys.readouterr().out
    assert read_yaml(text) == expected
    assert digest == seal(expected)[1] != draft.digest
    file = tmp_path / "again.yaml"
    file.write_text(text, encoding="utf-8")
    call_command("import_policy", str(file), "--author", "alice")
    capsys.readouterr()
    call_command("export_policy", "2")
    assert capsys.readouterr().out == text


def test_sealing_a_draft_that_was_not_changed_changes_nothing() -> None:
    draft = make_draft()
    before = PolicyVersion.objects.values().get(pk=draft.version_id)

    digest = services.seal_draft(version_id=draft.version_id, officer_id=make_officer("carol").pk, at=JAN_1)

    assert digest == draft.digest
    assert PolicyVersion.objects.values().get(pk=draft.version_id) == before
    assert not PolicyVersion.objects.filter(steps__kind="edited").exists()


def test_two_texts_that_mean_the_same_have_one_digest() -> None:
    document = make_document()
    wordy = spoil(document, "rules", 1, "direct_marketing", value=False)
    wordy = spoil(wordy, "rules", 1, "signals", value=["gpc"])
    wordy = spoil(wordy, "purposes", "service.orders", "status", value="active")

    assert services.check_policy(text=write_yaml(wordy)) == services.check_policy(text=write_yaml(document))


def test_a_default_is_not_confused_with_what_only_looks_like_it() -> None:
    document = spoil(make_document(), "rules", 0, "signals", value=[])
    document = spoil(document, "rules", 0, "conditions", value=[])

    kept = normalise(document)["rules"][0]

    assert kept["signals"] == []
    assert "conditions" not in kept
    assert normalise({"schema": 1, "rules": [{"double_opt_in": 0}]}) == {
        "schema": 1,
        "rules": [{"double_opt_in": 0}],
    }


def test_a_draft_may_have_faults_while_it_is_edited() -> None:
    draft = make_draft()
    Controller.objects.filter(version_id=draft.version_id).delete()
    Rule.objects.filter(version_id=draft.version_id, slug="orders").update(purposes=["gone"])
    Rule.objects.filter(version_id=draft.version_id, slug="email-consent").update(validity="P0D")

    services.seal_draft(version_id=draft.version_id, officer_id=make_officer("alice").pk, at=JAN_1)

    paths = [fault.path for fault in queries.list_faults(version_id=draft.version_id)]
    assert paths == ["controllers", "rules[0].validity", "rules[1].purposes[0]"]
    with pytest.raises(services.PolicyRefused) as refusal:
        services.submit_for_review(version_id=draft.version_id, at=JAN_1)
    assert [fault.path for fault in refusal.value.faults] == paths


def test_the_text_shown_is_kept_with_its_digest_whoever_writes_it() -> None:
    draft = make_draft()
    texts = NoticeText.objects.filter(notice_version__notice__version_id=draft.version_id)

    texts.update(digest="sha256:" + "0" * 64)

    assert texts.count() == 2
    for text in texts:
        assert text.digest == f"sha256:{hashlib.sha256(text.text.encode()).hexdigest()}"


def test_columns_keep_the_order_they_are_treated_in() -> None:
    draft = make_draft()
    rule = Rule.objects.get(version_id=draft.version_id, slug="email-consent")
    RuleObligation.objects.create(rule=rule, position=9, treatment="drop", column="address")

    rules = read_rows(PolicyVersion.objects.get(pk=draft.version_id))["rules"]

    assert rules[0]["obligations"]["drop"] == ["phone", "address"]
