"""What no event may hold: identifiers, references and secrets. Finds the places, by form and as known.

What is allowed is allowed by its place, never by its value: a digest where a digest belongs, and the folder
that a test was given for its files.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

FORMS = {
    "e-mail address": re.compile(r"[^\s@/\"'<>]+@[^\s@/\"'<>]+\.[A-Za-z]{2,}"),
    "phone number": re.compile(r"(?<![\w+])(?:\+|00)[1-9](?:[\s().-]?\d){6,14}(?!\d)"),
    "subject_ref": re.compile(r"sub_[0-9a-f]{32}"),
    "API key": re.compile(r"acc_(?:test_)?[A-Za-z0-9_-]{30,}"),
    "password in an address": re.compile(r"://[^/\s:@]*:[^/\s@]+@"),
    "private key": re.compile(r"-----BEGIN"),
    "token": re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}\.|(?i:bearer)\s+\S{8,}"),
    "secret of 32 bytes": re.compile(r"(?<![A-Za-z0-9+=_-])[A-Za-z0-9+/_-]{43}=(?![A-Za-z0-9+/=])"),
    "digest": re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64}(?![0-9a-fA-F])"),
}
DIGEST_PLACES = re.compile(
    r"run\.facets\.\w*[dD]ecision\w*\.(policyDigest|manifestDigest)"
    r"|outputs\[\d+\]\.facets\.version\.datasetVersion"
)
ID_PLACES = re.compile(r"run\.(runId|facets\.accordant_event\.eventId|facets\.parent(\.root)?\.run\.runId)")
DIGEST_FORM = re.compile(r"sha256:[0-9a-f]{64}")
UUID_FORM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
FILE_PLACES = re.compile(r"(inputs|outputs)\[\d+\](\.facets\.\w+\..*)?\.name")
CONSTANT_PLACES = re.compile(
    r"job\.facets\.documentation\.description|.*\._(producer|schemaURL)|producer|schemaURL"
)
_TEST_FOLDER = re.compile(r"^.*?/pytest-of-[^/]+/pytest-\d+/(popen-gw\d+/)?[^/]+")
_BREAKS = re.compile(r"[\s/\\,;:|\"'=&?()\[\]{}<>]+")
SHORTEST = 5
"""Of what is known, shorter values are counts and words as often as identifiers."""


def find_leaks(event: Mapping[str, Any], known: Collection[str] = frozenset()) -> Iterator[str]:
    """Yield each place of `event` that holds what none may, and what; `known` is in lower case."""
    for path, text in walk(event):
        told = _TEST_FOLDER.sub("", text) if FILE_PLACES.fullmatch(path) else text
        for what, form in FORMS.items():
            if form.search(told) and not _belongs(what, path, told):
                yield f"{path}: {what}"
        if not CONSTANT_PLACES.fullmatch(path) and _holds(told, known):
            yield f"{path}: a known identifier, reference or secret"


def _belongs(what: str, path: str, told: str) -> bool:
    """Return whether the place is made for it: one id or digest in some thousands has a number in it."""
    if what == "digest":
        return DIGEST_PLACES.fullmatch(path) is not None
    shaped = ((ID_PLACES, UUID_FORM), (DIGEST_PLACES, DIGEST_FORM))
    is_random = any(place.fullmatch(path) and form.fullmatch(told) for place, form in shaped)
    return what == "phone number" and is_random


def walk(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each text in `value` with its path, the names of members too, and numbers as texts."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            place = f"{path}.{name}" if path else str(name)
            yield f"{place} (its name)", str(name)
            yield from walk(inner, place)
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from walk(inner, f"{path}[{number}]")
    elif isinstance(value, str):
        yield path, value


def _holds(text: str, known: Collection[str]) -> bool:
    if not known:
        return False
    folded = text.casefold()
    pieces = {folded, *_BREAKS.split(folded)}
    pieces |= {piece.rpartition(".")[0] for piece in pieces}  # a file is called so, and has an ending
    return any(len(piece) >= SHORTEST and piece in known for piece in pieces)
