"""What a page of the sidebar is."""

from collections.abc import Sequence
from dataclasses import dataclass

LIST = "changelist"


@dataclass(frozen=True)
class Page:
    """One page: its name in the officer's words, and the admin whose permissions say who may open it.

    `first` is what an empty list tells an officer to do. A page of an app that is not there is left out.
    """

    title: str
    label: str
    first: str = ""
    view: str = LIST
    argument: str = ""
    permission: str = ""
    counts: str = ""

    @property
    def url_name(self) -> str:
        """The page's URL name."""
        return f"admin:{self.label.replace('.', '_')}_{self.view}"


@dataclass(frozen=True)
class Group:
    """Pages that belong together."""

    title: str
    pages: Sequence[Page]
