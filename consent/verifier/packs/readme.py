"""The page in a pack by which an auditor finds the way, with this tool or without it."""

from importlib.resources import files

from consent.verifier.packs.content import PackContent


def write_readme(content: PackContent) -> str:
    """Return the text of a pack's `README.md`."""
    text = files(__package__).joinpath("readme.md").read_text(encoding="utf-8")
    return text.format(origin=content.origin, kind=content.kind.value, created_at=content.created_at)
