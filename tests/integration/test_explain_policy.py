"""`explain_policy` as an officer types it."""

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from activation.decisions.compiler import compile_policy
from activation.desk.denials_in_words import WORDS
from activation.desk.explained_question import ExplainedQuestion
from activation.desk.explanation import explain
from activation.destinations.services import register_destination, suspend_destination
from activation.destinations.types import DestinationKind
from consent.policies import services
from consent.policies.document.sealing import seal
from consent.policies.document.writing import write_yaml
from consent.policies.types import PublishedPolicy
from tests.policy_documents import Document, make_document, spoil
from tests.policy_officers import JAN_1, make_draft, make_officer, make_published

pytestmark = pytest.mark.django_db

QUESTION = {"purpose": "marketing.email", "jurisdiction": "FR", "destination": "ads", "controller": "shop"}


@pytest.fixture(autouse=True)
def _registered(db: None) -> None:
    for slug in ("ads", "mailer"):
        register_destination(
            slug=slug, kind=DestinationKind.FILE, title=slug, registered_by="alice", at=JAN_1
        )


def run(*arguments: str, **asked: str | None) -> str:
    out = StringIO()
    options = [f"--{name}={value}" for name, value in (QUESTION | asked).items() if value is not None]
    call_command("explain_policy", *arguments, *options, stdout=out)
    return out.getvalue()


def found(*arguments: str, **asked: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("--json", *arguments, **asked))
    return answer


def draft(document: Document) -> str:
    author = make_officer("alice")
    imported = services.import_policy(text=write_yaml(document), author_id=author.pk, at=JAN_1)
    return str(imported.version)


def test_the_version_in_force_is_explained_step_by_step() -> None:
    published = make_published()

    lines = [line.strip() for line in run().splitlines()]

    assert lines[0] == f"shop version 1 (in force), {published.digest}"
    assert lines[1] == (
        "May shop (The shop) use data of people in FR for marketing.email (Offers by e-mail) at ads (Ads)?"
    )
    assert lines[2:] == [
        "",
        "1. The purpose",
        "marketing.email (Offers by e-mail) is active.",
        "It requires service.orders (Orders), which hangs on the person, by orders.",
        "",
        "2. The destination",
        "ads (Ads) is a third party in US.",
        "It is mapped to the purpose.",
        "It may receive contact.email.",
        "It is in the register of destinations now.",
        "",
        "3. Where the rule is looked for",
        "FR: looked under FR, EU, *; found the rule email-consent, under EU.",
        "shop is established in DE: the rules there must allow too.",
        "",
        "4. The rule email-consent",
        "Basis consent: the person must have said yes to exactly this purpose.",
        "A person under 16: a guardian must have consented.",
        "A person aged 16 to 17: the person must have consented, whatever the basis.",
        "A person of unknown age: denied.",
        "The request's resource.region must be one of eu-1.",
        "Every no of the person ends it.",
        "A consent lasts 13 months.",
        "A consent counts if given on the notice privacy, version 1 or later.",
        (
            "Before the data is used: drop phone; replace email by its sha256; set flag to 'true';"
            " fill tc_string with the person's tcf string."
        ),
        "Data may go to EU, US: US is permitted.",
        "It permits all the data that the destination may receive.",
        "A consent reaches this third party if given on privacy 1, which name it.",
        "",
        "The policy alone denies nobody: the answer hangs on the person, by the rules above.",
    ]


def test_the_same_is_told_as_json() -> None:
    make_published()

    answer = found()

    assert answer["reason"] is None
    assert answer["denials"] == []
    assert answer["rules"] == [
        {
            "jurisdiction": "FR",
            "chain": ["FR", "EU", "*"],
            "under": "EU",
            "rule_id": "email-consent",
            "legal_basis": "consent",
        }
    ]
    assert [step["title"] for step in answer["explanation"]["steps"]] == [
        "The purpose",
        "The destination",
        "Where the rule is looked for",
        "The rule email-consent",
    ]


SMALL = make_document()
OTHER_OBLIGATIONS = {
    "id": "email-fr",
    "purposes": ["marketing.email"],
    "jurisdictions": ["FR"],
    "basis": "opt_out",
    "data_categories": ["contact.email"],
    "transfer_countries": ["US"],
    "obligations": {"set": {"flag": "false"}},
}
DENIALS: dict[str, tuple[Document, dict[str, str], str]] = {
    "purpose_unknown": (SMALL, {"purpose": "marketing.mail"}, "Did you mean marketing.email?"),
    "purpose_inactive": (
        spoil(SMALL, "purposes", "marketing.email", "status", value="retired"),
        {},
        "Set purposes.marketing.email.status to active.",
    ),
    "required_purpose_denied": (
        spoil(SMALL, "rules", 1, "jurisdictions", value=["GB"]),
        {},
        "It requires service.orders, denied with no_rule. No rule of service.orders speaks for shop in FR.",
    ),
    "destination_unknown": (SMALL, {"destination": "add"}, "Did you mean ads?"),
    "destination_suspended": (SMALL, {}, "Resume it in the register"),
    "destination_not_permitted": (
        SMALL,
        {"purpose": "service.orders"},
        "Add service.orders to destinations.ads.purposes.",
    ),
    "jurisdiction_unresolved": (
        SMALL,
        {"jurisdiction": "unknown"},
        'Write a rule for marketing.email in "*".',
    ),
    "no_rule": (SMALL, {"jurisdiction": "JP"}, 'Add JP, a group it belongs to, or "*"'),
    "transfer_not_permitted": (
        spoil(SMALL, "rules", 0, "transfer_countries", value=["EU"]),
        {},
        "permits data to go to EU; ads is in US. Add US to its transfer_countries",
    ),
    "data_category_not_permitted": (
        spoil(SMALL, "rules", 0, "data_categories", value=[]),
        {},
        "does not permit contact.email, which ads may receive. Take contact.email out of",
    ),
    "condition_not_met": (
        spoil(SMALL, "destinations", "ads", "properties", value={"resource.region": "eu-2"}),
        {},
        "What is registered of ads (resource.region) does not meet a condition of email-consent. Mend",
    ),
}


@pytest.mark.parametrize("reason", DENIALS)
def test_a_denial_is_an_answer_that_says_what_to_change(reason: str) -> None:
    document, asked, words = DENIALS[reason]
    version = draft(document)
    if reason == "destination_suspended":
        suspend_destination(slug="ads", reason="audit", changed_by="alice", at=JAN_1 + timedelta(days=1))

    answer = found(version, **asked)

    assert answer["reason"] == reason
    assert answer["explanation"]["answer"] == f"Everybody is denied, with {reason}."
    assert words in " ".join(answer["explanation"]["changes"])


def test_every_reason_that_a_policy_denies_for_is_shown_here() -> None:
    assert set(WORDS) == {*DENIALS, "policy_unavailable"}


def test_a_text_that_its_digest_does_not_name_denies() -> None:
    """The database refuses such a text, so the words are asked for without it."""
    frozen, _ = seal(SMALL)
    policy = compile_policy(
        PublishedPolicy(
            key="shop",
            version=1,
            digest="sha256:0",
            canonical=frozen,
            in_force_from=JAN_1,
            in_force_until=None,
        )
    )

    asked = ExplainedQuestion.ask(policy, SMALL, {}, **QUESTION, at=JAN_1)

    assert explain(asked).changes[0].startswith("policy_unavailable: The text of shop version 1 is not")


@pytest.mark.parametrize(
    ("changes", "asked", "words"),
    [
        (
            {
                "jurisdictions": {**SMALL["jurisdictions"], "FR": {"title": "France"}},
                "rules": [*SMALL["rules"], OTHER_OBLIGATIONS],
            },
            {},
            "set one column to different values",
        ),
        ({}, {"controller": "stranger"}, "The policy declares no controller stranger"),
        (
            {
                "data_categories": {
                    "contact.email": {**SMALL["data_categories"]["contact.email"], "special": True}
                }
            },
            {"purpose": "service.orders", "destination": "mailer"},
            "rests neither on consent nor on a special condition",
        ),
    ],
    ids=["obligations", "controller", "special"],
)
def test_what_is_behind_a_reason_is_told(changes: Document, asked: dict[str, str], words: str) -> None:
    version = draft({**SMALL, **changes})

    assert words in run(version, **asked)


def test_the_rules_of_the_establishment_are_shown_beside_those_of_the_place() -> None:
    make_published()

    rules = found(jurisdiction="JP", purpose="service.orders", destination="mailer")["rules"]
    email = found(jurisdiction="GB", controller="shop")["rules"]

    assert [(one["jurisdiction"], one["under"]) for one in rules] == [("JP", "*")]
    assert [(one["jurisdiction"], one["under"]) for one in email] == [("GB", "GB")]


def test_a_third_party_that_no_notice_names_is_told() -> None:
    version = draft(spoil(SMALL, "rules", 0, "notice", "oldest_version", value=2))

    assert "every consent is denied with recipient_not_covered" in run(version)


def test_a_draft_is_explained_beside_the_version_in_force() -> None:
    make_published()
    version = draft(spoil(SMALL, "rules", 0, "basis", value="opt_out"))

    assert "(draft)" in run(version)
    assert found(version)["rules"][0]["legal_basis"] == "opt_out"
    assert found()["rules"][0]["legal_basis"] == "consent"


@pytest.mark.parametrize(
    ("arguments", "asked", "words"),
    [
        (["1", "--key=shop"], {"jurisdiction": "UK"}, "unknown code 'UK'; did you mean 'GB'"),
        (["1", "--key=shop"], {"jurisdiction": "us-ca"}, "did you mean 'US-CA'"),
        (["1", "--key=shop"], {"jurisdiction": "DE-BY"}, "did you mean 'DE'"),
        (["1", "--key=shop"], {"jurisdiction": "ZZ"}, "expected a country such as DE"),
        (["1", "--key=shop"], {"jurisdiction": ""}, "expected a country such as DE"),
        (["1", "--key=shop"], {"controller": None}, "add --controller, one of kiosk, shop"),
        (["1"], {}, "add --key"),
        (["7"], {}, "there is no version 7"),
        ([], {}, "no policy is in force: name a version"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_an_error_that_says_what_to_do(
    arguments: list[str], asked: dict[str, str | None], words: str
) -> None:
    make_draft(key="shop")
    make_published(timezone.now() + timedelta(days=1), key="other")

    with pytest.raises(CommandError, match=words):
        run(*arguments, **asked)


def test_a_policy_with_one_controller_needs_no_controller_named() -> None:
    only = {**SMALL, "controllers": {"shop": SMALL["controllers"]["shop"]}}

    assert found(draft(only), controller=None)["controller"] == "shop"
