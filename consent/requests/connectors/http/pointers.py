"""Places in a JSON document (RFC 6901). Pure."""

from typing import Any


class NotThere(Exception):
    """The document has nothing at that place."""


def read_at(document: Any, pointer: str) -> Any:
    """Return what stands at `pointer`; the whole document if it is empty.

    :raises NotThere: if nothing does.
    """
    found = document
    for name in split(pointer):
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isascii() and name.isdigit() and int(name[:9]) < len(found):
            found = found[int(name[:9])]
        else:
            raise NotThere
    return found


def write_at(document: Any, pointer: str, value: Any) -> Any:
    """Return the document with `value` at `pointer`, and objects made on the way to it."""
    names = split(pointer)
    if not names:
        return value
    copied = dict(document) if isinstance(document, dict) else {}
    rest = "".join("/" + name.replace("~", "~0").replace("/", "~1") for name in names[1:])
    copied[names[0]] = write_at(copied.get(names[0]), rest, value)
    return copied


def split(pointer: str) -> list[str]:
    """Return the names on the way to the place."""
    return [name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:]]
