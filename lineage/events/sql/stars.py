"""What `*` stands for."""

from collections.abc import Iterator

from sqlglot import exp

from lineage.events.sql.expressions import Reader
from lineage.events.sql.flow import Flow
from lineage.events.sql.relations import Output, Relation
from lineage.events.sql.scopes import Clause, Scope


def is_star(node: exp.Expr) -> bool:
    """Return whether `node`, selected, stands for columns that it does not name."""
    if isinstance(node, exp.Column | exp.Dot):
        return isinstance(node.args.get("this"), exp.Star) or isinstance(
            node.args.get("expression"), exp.Star
        )
    return isinstance(node, exp.Star) or node.find(exp.Columns) is not None


def expand_star(node: exp.Expr, scope: Scope, reader: Reader, output: Output) -> None:
    """Add the columns that `node` stands for, as far as they are known."""
    star = node.this if isinstance(node, exp.Column) else node
    if not isinstance(star, exp.Star) or star.args.get("ilike"):
        output.is_partial = output.is_unclear = True
        return
    source = scope.source(node.table) if isinstance(node, exp.Column) else None
    is_listed = source.is_listed if source else not isinstance(node, exp.Column) and _all_listed(scope)
    left_out = {one.name for one in star.args.get("except_") or ()}
    replaced = {one.alias: reader.read([one], scope, Clause.SELECT) for one in star.args.get("replace") or ()}
    renamed = {one.this.name: one.alias for one in star.args.get("rename") or ()}
    if not is_listed:
        output.is_partial = True
        output.is_unclear = output.is_unclear or bool(renamed)
        output.columns += replaced.items()
        return
    if source is None and scope.merged:
        output.is_ordered = False  # where the merged columns stand differs by dialect
    columns = source.columns if source else list(_list_columns(scope))
    for name, flow in columns:
        if name not in left_out:
            output.columns.append((renamed.get(name, name), replaced.get(name, flow)))


def _all_listed(scope: Scope) -> bool:
    return all(relation.is_listed for _, relation in scope.visible())


def _list_columns(scope: Scope) -> Iterator[tuple[str, Flow]]:
    yield from scope.merged.items()
    for _, relation in scope.visible():
        yield from _columns_but(relation, scope)


def _columns_but(relation: Relation, scope: Scope) -> Iterator[tuple[str, Flow]]:
    return ((name, flow) for name, flow in relation.columns if name not in scope.merged)
