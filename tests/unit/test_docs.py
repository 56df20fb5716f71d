"""Every page of the documentation can be found from the README, and every link of it leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

from config.launch.arguments import ROOT

_LINK = re.compile(r"\]\(([^)\s]+)\)|<img[^>]* src=\"([^\"]+)\"|<source[^>]* srcset=\"([^\"]+)\"")
README = ROOT / "README.md"


def list_links(page: Path) -> Iterator[Path]:
    """Yield the files that a page links to."""
    for found in _LINK.findall(page.read_text(encoding="utf-8")):
        target = next(filter(None, found)).partition("#")[0]
        if target and "://" not in target and not target.startswith("mailto:"):
            yield (page.parent / target).resolve()


def find_reached() -> set[Path]:
    """Return the pages to which links lead from the README, over any number of pages."""
    reached, waiting = set[Path](), [README]
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.exists():
            continue
        reached.add(page)
        waiting += list_links(page)
    return reached


def test_every_page_is_found_from_the_readme() -> None:
    pages = set((ROOT / "docs").rglob("*.md"))

    lost = {str(page.relative_to(ROOT)) for page in pages - find_reached() if "adr" not in page.parts}

    assert lost == set()


def test_every_link_leads_to_a_file() -> None:
    pages = [README, ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]

    dead = {
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in list_links(page)
        if not target.exists()
    }

    assert dead == set()


def test_every_picture_is_shown_somewhere() -> None:
    pages = [README, *(ROOT / "docs").rglob("*.md")]
    shown = {target for page in pages for target in list_links(page)}

    unseen = {file.name for file in (ROOT / "docs/images").rglob("*.*") if file.resolve() not in shown}

    assert unseen == set()
