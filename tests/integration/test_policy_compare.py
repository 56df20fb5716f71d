"""Two versions side by side: in the admin, and on the command line."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from consent.policies import services
from consent.policies.document.writing import write_yaml
from consent.policies.models import PolicyVersion
from tests.policy_documents import Document, make_document, spoil
from tests.policy_officers import JAN_1, make_draft, make_officer, make_published

pytestmark = pytest.mark.django_db

PAGE = "/admin/consent_policies/policyversion/comparison/"


def sign_in(client: Client, *permissions: str) -> None:
    officer = make_officer("bob")
    officer.is_staff = True
    officer.save()
    officer.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(officer)


def draft_of(document: Document) -> int:
    """Import `document` as a draft and return its version's id."""
    author = make_officer("alice")
    text = write_yaml(document)
    return services.import_policy(text=text, author_id=author.pk, at=JAN_1).version_id


def body(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_a_draft_is_compared_with_the_version_in_force_unless_asked_otherwise(client: Client) -> None:
    in_force = make_published().version_id
    draft_of(spoil(make_document(), "title", value="A version between"))
    newest = draft_of(spoil(make_document(), "rules", 0, "validity", value="P6M"))
    sign_in(client, "view_policyversion")

    answer = client.get(PAGE)

    assert answer.context["form"].data == {"before": in_force, "after": newest}
    assert "A yes lasts 6 months; before, 13 months." in body(answer)
    assert "Both ways" not in body(answer)


def test_any_two_versions_are_compared_by_their_address(client: Client) -> None:
    first = draft_of(make_document())
    draft_of(spoil(make_document(), "rules", 0, "validity", value="P6M"))
    third = draft_of(spoil(make_document(), "rules", 0, "validity", value="P24M"))
    sign_in(client, "view_policyversion")

    page = body(client.get(PAGE, {"before": third, "after": first}))

    assert "A yes lasts 13 months; before, 24 months." in page
    assert "Narrower: more is denied, and nothing that was denied becomes allowed." in page
    assert "validity" in page
    assert "P24M" in page


def test_the_same_texts_are_said_to_be_the_same(client: Client) -> None:
    first, second = make_draft().version_id, make_draft().version_id
    sign_in(client, "view_policyversion")

    assert "The texts are the same." in body(client.get(PAGE, {"before": first, "after": second}))


def test_where_there_is_nothing_to_compare_the_page_says_so(client: Client) -> None:
    sign_in(client, "view_policyversion")
    assert "There are not two versions" in body(client.get(PAGE))

    make_draft()
    assert "There are not two versions" in body(client.get(PAGE))


def test_the_only_version_of_one_policy_is_compared_with_itself(client: Client) -> None:
    make_draft(key="other")
    make_draft()
    sign_in(client, "view_policyversion")

    assert "The texts are the same." in body(client.get(PAGE))


def test_a_change_of_what_people_were_told_stands_out_and_the_words_are_marked(client: Client) -> None:
    place = ("notices", "privacy", "versions", "1")
    first = draft_of(make_document())
    told = spoil(make_document(), *place, "texts", "en", value="What we share of your data.")
    second = draft_of(told)
    sign_in(client, "view_policyversion")

    page = body(client.get(PAGE, {"before": first, "after": second}))

    assert "This changes what people were told." in page
    assert ">do with</del>" in page or ">do</del>" in page
    assert ">share of</ins>" in page or ">share</ins>" in page


def test_markup_in_a_policy_is_shown_and_never_obeyed(client: Client) -> None:
    attack = "<script>alert(1)</script>"
    document = make_document()
    for steps in (
        ("title",),
        ("purposes", "service.orders", "title"),
        ("purposes", "marketing.email", "description"),
        ("controllers", "shop", "title"),
        ("jurisdictions", "EU", "title"),
        ("data_categories", "contact.email", "title"),
        ("destinations", "ads", "title"),
        ("destinations", "ads", "contract"),
        ("notices", "privacy", "title"),
        ("rules", 0, "special_condition"),
        ("rules", 1, "assessment"),
        ("rules", 0, "obligations", "drop"),
    ):
        value: object = [attack] if steps[-1] == "drop" else attack
        document = spoil(document, *steps, value=value)
    document["rules"][1]["jurisdictions"] = ["EU"]
    first, second = draft_of(make_document()), draft_of(document)
    sign_in(client, "view_policyversion")

    for before, after in ((first, second), (second, first)):
        page = client.get(PAGE, {"before": before, "after": after}).content.decode()
        assert attack not in page
        assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 20


def test_the_page_has_no_style_or_script_of_its_own(client: Client) -> None:
    first, second = make_draft().version_id, draft_of(spoil(make_document(), "title", value="New"))
    sign_in(client, "view_policyversion")

    page = client.get(PAGE, {"before": first, "after": second}).content.decode()
    content = page[page.index('id="content-main"') :]

    assert " style=" not in content[: content.index("</article>")]
    assert "onclick" not in content[: content.index("</article>")]


@pytest.mark.parametrize(
    "chosen", [{"before": "999999"}, {"before": "x"}, {"after": "1 OR 1"}, {"after": ""}, {"before": "٣"}]
)
def test_a_version_that_does_not_exist_is_told(client: Client, chosen: dict[str, str]) -> None:
    make_draft()
    make_draft()
    sign_in(client, "view_policyversion")

    answer = client.get(PAGE, chosen)

    assert answer.status_code == 200
    assert answer.context["comparison"] is None
    assert answer.context["form"].errors


def test_versions_of_two_policies_are_not_compared(client: Client) -> None:
    one, other = make_draft().version_id, make_draft(key="other").version_id
    sign_in(client, "view_policyversion")

    answer = client.get(PAGE, {"before": one, "after": other})

    assert "Choose two versions of the same policy." in body(answer)
    assert answer.context["comparison"] is None


def test_the_page_is_offered_on_the_list_and_on_each_version(client: Client) -> None:
    version = make_published().version_id
    sign_in(client, "view_policyversion")
    own = reverse("admin:consent_policies_policyversion_compare", args=[version])

    assert PAGE in body(client.get(reverse("admin:consent_policies_policyversion_changelist")))
    assert own in body(client.get(reverse("admin:consent_policies_policyversion_change", args=[version])))
    assert client.get(own).headers["Location"] == f"{PAGE}?after={version}"


def test_who_may_not_see_versions_may_not_compare_them(client: Client) -> None:
    version = make_draft().version_id
    sign_in(client, "view_purpose")

    assert client.get(PAGE).status_code == 403
    own = reverse("admin:consent_policies_policyversion_compare", args=[version])
    assert client.get(own).status_code == 403


def test_a_comparison_costs_the_same_however_many_versions_there_are(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(8):
        make_draft()
    sign_in(client, "view_policyversion")

    with django_assert_max_num_queries(12):
        client.get(PAGE)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("compare_policies", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_effect_first() -> None:
    draft_of(make_document())
    draft_of(spoil(make_document(), "rules", 0, "validity", value="P6M"))

    lines = run("1", "2").splitlines()

    assert lines[0] == "Narrower: more is denied, and nothing that was denied becomes allowed."
    assert lines[2:] == [
        "RULES",
        "  changed email-consent: “Offers by e-mail” in European Union and United Kingdom",
        "    narrower A yes lasts 6 months; before, 13 months.",
    ]
    assert run("1", "1") == "The texts are the same.\n"


def test_the_command_prints_json() -> None:
    draft_of(make_document())
    draft_of(spoil(make_document(), "rules", 0, "basis", value="opt_out"))

    found = json.loads(run("1", "2", "--json"))

    assert found["direction"] == "wider"
    entry = found["sections"][0]["entries"][0]
    assert (entry["key"], entry["kind"], entry["direction"]) == ("email-consent", "changed", "wider")
    assert entry["changes"] == [
        {"path": "rules.email-consent.basis", "before": "consent", "after": "opt_out"}
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["1", "3", "--key", "shop"], "there is no version 3; there are: 1, 2"),
        (["1", "2"], "several policies have that version: add --key"),
        (["1", "2", "--key", "nothing"], "there is no version 1; there are: none"),
    ],
)
def test_the_command_says_what_it_cannot_find(arguments: list[str], words: str) -> None:
    make_draft()
    make_draft()
    make_draft(key="other")

    with pytest.raises(CommandError, match=words):
        run(*arguments)


def test_comparing_changes_nothing(client: Client) -> None:
    make_draft()
    make_draft()
    before = list(PolicyVersion.objects.order_by("pk").values())
    sign_in(client, "view_policyversion")

    client.get(PAGE)
    run("1", "2")

    assert list(PolicyVersion.objects.order_by("pk").values()) == before
