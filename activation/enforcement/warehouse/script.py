"""The files that an operator runs on a warehouse."""

from activation.decisions.compiled import CompiledPolicy
from activation.enforcement.warehouse import bigquery, databricks, postgres, snowflake
from activation.enforcement.warehouse.ground import serve
from activation.enforcement.warehouse.types import Layout, Product, Statement

_GENERATE = {
    Product.POSTGRESQL: postgres.generate,
    Product.SNOWFLAKE: snowflake.generate,
    Product.BIGQUERY: bigquery.generate,
    Product.DATABRICKS: databricks.generate,
}
_LOAD = {
    Product.POSTGRESQL: postgres.load,
    Product.SNOWFLAKE: snowflake.load,
    Product.BIGQUERY: bigquery.load,
    Product.DATABRICKS: databricks.load,
}
UNVERIFIED = (
    "unverified: never run on the real product. Read it, and try it on a copy, before you rely on it."
)
VERIFIED = "tested on a real PostgreSQL."


def list_statements(product: Product, layout: Layout, policy: CompiledPolicy) -> list[Statement]:
    """Return the statements that make the policies.

    :raises ReaderNotPermitted: if the policy lets nobody be read by a reader.
    :raises ObligationNotSupported: if the product cannot do what the policy may ask.
    :raises WarehouseMalformed: if names would meet.
    """
    make = _GENERATE[product]
    return make(layout, serve(policy, layout))


def list_loads(product: Product, layout: Layout, policy: CompiledPolicy) -> list[list[Statement]]:
    """Return, for each reader, the statements that replace its part of the mapping by a new export.

    :raises ReaderNotPermitted: if the policy lets nobody be read by a reader.
    """
    load = _LOAD[product]
    return [load(layout, one) for one in serve(policy, layout)]


def write_policies(product: Product, layout: Layout, policy: CompiledPolicy) -> str:
    """Return the script of `list_statements`, with what to know before it is run. Raises as that does."""
    statements = list_statements(product, layout, policy)
    return _head(product, policy, "Row access and masking policies") + _join(statements)


def write_loads(product: Product, layout: Layout, policy: CompiledPolicy) -> str:
    """Return the script of `list_loads`, part by part. Raises as that does."""
    parts = zip(layout.readers, list_loads(product, layout, policy), strict=True)
    return _head(product, policy, "Loading of the consent mapping") + "\n".join(
        f"-- {one.role}: export_consent_mapping --purpose {one.purpose} --destination {one.destination}"
        f" --controller {one.controller} --key {layout.key_kind}\n{_join(statements)}"
        for one, statements in parts
    )


def _head(product: Product, policy: CompiledPolicy, title: str) -> str:
    told = VERIFIED if product is Product.POSTGRESQL else UNVERIFIED
    return (
        f"-- {title} for {product}; {told}\n"
        f"-- Made from policy {policy.key} version {policy.version}, {policy.digest}.\n"
        "-- A person is visible only while the mapping says so, has not expired and is fresh.\n"
        "-- Make this file anew when the policy asks for new obligations: rows that owe what it does not know"
        " stay hidden.\n\n"
    )


def _join(statements: list[Statement]) -> str:
    return "".join(f"{one.text}\n" if one.text.startswith("\\") else f"{one.text};\n" for one in statements)
