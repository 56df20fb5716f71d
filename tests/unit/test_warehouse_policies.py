"""What is generated for each warehouse: read again by its dialect, and kept word for word.

The files beside this one are what was generated; `ACCORDANT_WRITE_SNAPSHOTS=1` writes them anew.
"""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from activation.decisions.compiled import CompiledPolicy, DestinationPolicy, Rule
from activation.decisions.types import Obligation
from activation.enforcement.warehouse.description import read_layout
from activation.enforcement.warehouse.mapping import ObligationNotWritable, encode
from activation.enforcement.warehouse.script import list_loads, list_statements, write_loads, write_policies
from activation.enforcement.warehouse.types import (
    Layout,
    Product,
    ReaderNotPermitted,
    Statement,
    WarehouseMalformed,
)
from activation.obligations.plan import ObligationNotSupported
from consent.policies.types import LegalBasis

SNAPSHOTS = Path(__file__).with_name("warehouse")
MASK, DROP = Obligation("mask", "Email", "sha256"), Obligation("drop", "phone")
SET = Obligation("set", "ad_personalization", "granted")
NAMES = {
    Product.POSTGRESQL: ("accordant.consent", "accordant", "crm.customer", "marketing", "service"),
    Product.SNOWFLAKE: (
        "CRM.ACCORDANT.CONSENT",
        "CRM.ACCORDANT",
        "CRM.PUBLIC.CUSTOMER",
        "MARKETING",
        "SERVICE",
    ),
    Product.BIGQUERY: (
        "example-project.accordant.consent",
        "example-project.accordant",
        "example-project.crm.customer",
        "group:marketing@example.com",
        "serviceAccount:service@example.com",
    ),
    Product.DATABRICKS: (
        "main.accordant.consent",
        "main.accordant",
        "main.crm.customer",
        "marketing team",
        "service",
    ),
}


def describe(product: Product, **changes: str) -> str:
    """Return a description of a warehouse, with `changes` to its texts."""
    mapping, policies, table, first, second = NAMES[product]
    text = f"""
mapping: {mapping}
policies: {policies}
key_kind: customer_id
freshness_minutes: 90
readers:
  - {{role: "{first}", purpose: ads.audience, destination: partner, controller: shop}}
  - {{role: "{second}", purpose: service, destination: mailer, controller: shop}}
tables:
  - table: {table}
    key: customer_key
    columns:
      mail: email
      mail_sha256: email_sha256
      telephone: phone
      age: {{field: age, type: INTEGER}}
      ad_personalization: ad_personalization
"""
    if product is Product.BIGQUERY:
        text += "region: eu\n"
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


def make_policy(*, ads: tuple[tuple[Obligation, ...], ...]) -> CompiledPolicy:
    """Return a policy whose advertising rules ask `ads`, one rule in each place."""
    places = ["DE", "GB", "FR"]
    rules = {
        place: Rule(rule_id=place, basis=LegalBasis.CONSENT, obligations=asked)
        for place, asked in zip(places, ads, strict=False)
    }
    plain = {"*": Rule(rule_id="service", basis=LegalBasis.CONTRACT)}
    recipient = DestinationPolicy(
        country="DE",
        third_party=False,
        purposes=frozenset({"ads.audience", "service"}),
        data_categories=frozenset(),
    )
    return CompiledPolicy(
        key="shop",
        version=3,
        digest="sha256:" + "0" * 64,
        intact=True,
        in_force_from=datetime(2026, 1, 1, tzinfo=UTC),
        destinations={"partner": recipient, "mailer": recipient},
        rules={("ads.audience", "shop"): rules, ("service", "shop"): plain},
    )


def policy_for(product: Product) -> CompiledPolicy:
    """Return a policy with all that the product can do."""
    if product is Product.BIGQUERY:
        return make_policy(ads=((MASK,), (MASK, DROP)))
    if product is Product.SNOWFLAKE:
        return make_policy(ads=((MASK, SET), (DROP, SET)))
    return make_policy(ads=((MASK, SET), (MASK, DROP)))


def layout_for(product: Product, **changes: str) -> Layout:
    """Return the description, read."""
    return read_layout(describe(product, **changes), product)


@pytest.mark.parametrize("product", Product)
@pytest.mark.parametrize("kind", ["policies", "load"])
def test_what_is_generated_is_what_was_looked_at(kind: str, product: Product) -> None:
    write = write_policies if kind == "policies" else write_loads
    text = write(product, layout_for(product), policy_for(product))

    kept = SNAPSHOTS / f"{product}_{kind}.sql"
    if os.environ.get("ACCORDANT_WRITE_SNAPSHOTS"):
        kept.write_text(text, encoding="utf-8")
    assert text == kept.read_text(encoding="utf-8")


def all_statements(product: Product) -> list[Statement]:
    """Return all that is generated for the product."""
    layout, policy = layout_for(product), policy_for(product)
    loads = [one for part in list_loads(product, layout, policy) for one in part]
    return [*list_statements(product, layout, policy), *loads]


def leaves(tree: exp.Expr) -> list[str]:
    """Return every name and every text in the tree; numbers of minutes are written in several ways."""
    found = (str(node.this) for node in tree.find_all(exp.Identifier, exp.Literal))
    return sorted(leaf for leaf in found if not leaf[:1].isdigit())


@pytest.mark.parametrize("product", Product)
def test_every_tree_is_read_again_by_its_dialect_as_the_same_tree(product: Product) -> None:
    bodies = [body for statement in all_statements(product) for body in statement.bodies]

    assert len(bodies) > 4
    for body in bodies:
        written = body.sql(dialect=product.dialect)
        again = sqlglot.parse_one(written, dialect=product.dialect)
        assert not isinstance(again, exp.Command)
        assert leaves(again) == leaves(body)
        assert sqlglot.parse_one(again.sql(dialect=product.dialect), dialect=product.dialect) == again


@pytest.mark.parametrize("product", Product)
def test_every_statement_holds_together_in_its_dialect(product: Product) -> None:
    for statement in all_statements(product):
        for body in statement.bodies:
            assert body.sql(dialect=product.dialect) in statement.text
        assert statement.text.count("(") == statement.text.count(")")
        assert sqlglot.tokenize(statement.text.removeprefix("\\"), read=product.dialect)
        is_plain = not statement.bodies and not statement.text.startswith("\\")
        if is_plain and "ROW ACCESS POLICY" not in statement.text:  # sqlglot knows none of Snowflake's
            assert len(sqlglot.parse(statement.text, dialect=product.dialect)) == 1


@pytest.mark.parametrize("product", [one for one in Product if one is not Product.POSTGRESQL])
def test_what_never_ran_says_so(product: Product) -> None:
    for write in (write_policies, write_loads):
        assert (
            "unverified: never run"
            in write(product, layout_for(product), policy_for(product)).splitlines()[0]
        )


@pytest.mark.parametrize("product", Product)
def test_a_stale_mapping_and_an_expired_row_are_tested_wherever_the_mapping_is_looked_at(
    product: Product,
) -> None:
    for statement in list_statements(product, layout_for(product), policy_for(product)):
        text = statement.text.replace("`", '"').upper()
        if 'AS "CONSENT"' in text:
            assert text.count('"CONSENT"."ALLOWED"') >= 1
            for test in (
                '< "CONSENT"."VALID_UNTIL"',
                '"CONSENT"."DECIDED_AT" >',
                '"CONSENT"."DECIDED_AT" <=',
            ):
                assert text.count(test) == text.count('"CONSENT"."ALLOWED"')


def test_the_words_of_a_row_are_sorted_and_between_bars() -> None:
    assert encode([]) == "#"
    assert encode([MASK, DROP]) == "#|drop:phone||mask:email:sha256|"
    with pytest.raises(ObligationNotWritable):
        encode([Obligation("set", "field", "a|b")])


@pytest.mark.parametrize("product", [Product.SNOWFLAKE, Product.BIGQUERY])
def test_a_value_that_only_some_rules_set_is_refused_where_masks_cannot_tell_rows_apart(
    product: Product,
) -> None:
    with pytest.raises(ObligationNotSupported):
        list_statements(product, layout_for(product), make_policy(ads=((SET,), ())))


@pytest.mark.parametrize("product", [Product.SNOWFLAKE, Product.DATABRICKS])
def test_a_value_without_a_column_is_refused_where_none_can_be_added(product: Product) -> None:
    changes = {"ad_personalization: ad_personalization": "other: other"}

    with pytest.raises(ObligationNotSupported):
        list_statements(product, layout_for(product, **changes), make_policy(ads=((SET,),)))


def test_what_no_warehouse_can_do_is_refused() -> None:
    for asked in (Obligation("mask", "email", "rot13"), Obligation("archive", "email")):
        with pytest.raises(ObligationNotSupported):
            list_statements(Product.POSTGRESQL, layout_for(Product.POSTGRESQL), make_policy(ads=((asked,),)))


def test_snowflake_does_not_mask_the_column_that_finds_the_row() -> None:
    layout = layout_for(Product.SNOWFLAKE, **{"key: customer_key": "key: mail"})

    with pytest.raises(WarehouseMalformed):
        list_statements(Product.SNOWFLAKE, layout, make_policy(ads=((MASK,),)))


@pytest.mark.parametrize("change", ["purpose: service", "destination: mailer", "controller: shop"])
def test_a_reader_whom_the_policy_permits_nothing_is_refused(change: str) -> None:
    name = change.partition(":")[0]
    layout = layout_for(Product.POSTGRESQL, **{change: f"{name}: other"})

    with pytest.raises(ReaderNotPermitted):
        list_statements(Product.POSTGRESQL, layout, policy_for(Product.POSTGRESQL))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("crm.customer", "crm.customer; DROP TABLE x"),
        ("crm.customer", 'crm."customer"'),
        ("crm.customer", "customer"),
        ("crm.customer", "a.crm.customer"),
        ("key: customer_key", "key: 'a\" OR 1=1'"),
        ("key: customer_key", "key: ''"),
        ("mail: email", '"mail`": email'),
        ("mail: email", 'mail: "e\'mail"'),
        ("type: INTEGER", "type: 'INTEGER); DROP TABLE x'"),
        ('role: "marketing"', 'role: "marketing\' OR true"'),
        ("purpose: ads.audience", 'purpose: "ads\' OR true"'),
        ("freshness_minutes: 90", "freshness_minutes: 0"),
        ("freshness_minutes: 90", "freshness_minutes: true"),
        ("freshness_minutes: 90", "freshness_minutes: 100000000"),
        ("key_kind: customer_id", "key_kind: name"),
        ("key_kind: customer_id", "key_kind: email_sha256"),
        ("key_kind: customer_id", "unknown: 1"),
        ("policies: accordant", "policies: accordant\nextra: 1"),
        ("mapping: accordant.consent", "mapping: [a, b]"),
        ("readers:", "readers: []\nothers:"),
        ('role: "service"', 'role: "MARKETING"'),
        ("tables:", "- [\ntables:"),
    ],
)
def test_a_description_that_could_not_be_meant_so_is_refused(old: str, new: str) -> None:
    with pytest.raises(WarehouseMalformed) as refused:
        layout_for(Product.POSTGRESQL, **{old: new})

    assert "DROP" not in str(refused.value)
    assert "OR " not in str(refused.value)


def test_views_whose_names_would_meet_or_be_cut_are_refused() -> None:
    layout = layout_for(Product.POSTGRESQL)
    [guarded] = layout.tables
    twin = replace(guarded, path=("shop", "customer"))
    long = replace(guarded, path=("crm", "c" * 60))

    for tables in ((guarded, twin), (long,)):
        with pytest.raises(WarehouseMalformed):
            list_statements(
                Product.POSTGRESQL, replace(layout, tables=tables), policy_for(Product.POSTGRESQL)
            )
