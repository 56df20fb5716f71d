"""Which pictures can be a logo: small ones, of two kinds, and with nothing in them that acts. Pure."""

import re
from xml.etree.ElementTree import Element, ParseError, XMLParser, fromstring

PNG, SVG = "image/png", "image/svg+xml"
MOST_BYTES = 16 * 1024
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DECLARED = re.compile(rb"<!(?:DOCTYPE|ENTITY)|<\?xml-stylesheet", re.IGNORECASE)
_ACTS = frozenset(
    {"script", "foreignobject", "iframe", "object", "embed", "audio", "video", "set", "animate"}
)


class LogoRefused(ValueError):
    """The picture cannot be a logo; the message says why."""


def find_type(content: bytes) -> str:
    """Return the media type of a logo.

    :raises LogoRefused: if it is too large, neither PNG nor SVG, or an SVG that acts or loads something.
    """
    if len(content) > MOST_BYTES:
        raise LogoRefused(f"is larger than {MOST_BYTES // 1024} KiB: people wait for it")
    if content.startswith(_SIGNATURE):
        return PNG
    _check_svg(content)
    return SVG


def _check_svg(content: bytes) -> None:
    if _DECLARED.search(content):
        raise LogoRefused("declares a document type, entities or a style sheet: save it as plain SVG")
    try:
        root = fromstring(content, parser=XMLParser())  # noqa: S314 - small, and no entity is declared
    except (ParseError, ValueError):
        raise LogoRefused("is neither a PNG nor an SVG picture") from None
    if _name(root.tag) != "svg":
        raise LogoRefused("is neither a PNG nor an SVG picture")
    for element in root.iter():
        _check_element(element)


def _check_element(element: Element) -> None:
    if _name(str(element.tag)) in _ACTS:
        raise LogoRefused("holds something that acts: leave the drawing only")
    for key, value in element.attrib.items():
        name = _name(key)
        leads_out = name == "href" and not value.strip().startswith("#")
        if name.startswith("on") or leads_out or "javascript:" in value.lower():
            raise LogoRefused("holds an attribute that acts or leads to another file: leave the drawing only")


def _name(tag: str) -> str:
    return tag.rpartition("}")[2].lower()
