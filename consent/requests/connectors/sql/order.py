"""In which order datasets are treated: what refers to rows goes before the rows. Pure."""

from collections.abc import Mapping, Sequence

from consent.requests.connectors.interface import DeclaredDataset, SystemRefused


def order_children_first(datasets: Sequence[DeclaredDataset]) -> tuple[DeclaredDataset, ...]:
    """Return the datasets, each before all that its rows refer to.

    :raises SystemRefused: if one refers to itself, over others or not, or to one that is not declared.
    """
    named = {one.name: one for one in datasets}
    order: list[DeclaredDataset] = []
    done: set[str] = set()
    for one in datasets:
        _visit(one, named, (), done, order)
    return tuple(reversed(order))


def _visit(
    one: DeclaredDataset,
    named: Mapping[str, DeclaredDataset],
    above: tuple[str, ...],
    done: set[str],
    order: list[DeclaredDataset],
) -> None:
    """Append everything that `one` refers to, then `one`."""
    if one.name in above:
        circle = " > ".join([*above[above.index(one.name) :], one.name])
        raise SystemRefused(f"references run in a circle: {circle}")
    if one.name in done:
        return
    for reference in one.references:
        if reference.to_dataset not in named:
            raise SystemRefused(f"{one.name} refers to {reference.to_dataset}, which is not declared")
        _visit(named[reference.to_dataset], named, (*above, one.name), done, order)
    done.add(one.name)
    order.append(one)
