"""What a writer who speaks for some purposes only may write. Pure."""

from collections.abc import Set as AbstractSet

from consent.kernel.errors import AccordantError
from consent.records.types import NewRow


class PurposeNotPermitted(AccordantError):
    """The row says something that its writer may not say."""

    code = "purpose_not_permitted"
    status = 403


def refuse_unpermitted(row: NewRow, *, purposes: AbstractSet[str] | None) -> None:
    """Let the row pass if it holds only choices for `purposes` and those below them; None stands for all.

    Facts and signals bear on every purpose, so a writer who speaks for some of them only writes none. A
    choice for all purposes, `*`, is below none of them.

    :raises PurposeNotPermitted: if it holds anything else.
    """
    if purposes is None:
        return
    bears_on_all = row.facts or row.signals
    if bears_on_all or not all(_is_within(choice.purpose, purposes) for choice in row.choices):
        raise PurposeNotPermitted(
            "the key writes choices for some purposes only, and this row holds another, a fact or a signal"
        )


def _is_within(purpose: str, purposes: AbstractSet[str]) -> bool:
    return any(purpose == own or purpose.startswith(f"{own}.") for own in purposes)
