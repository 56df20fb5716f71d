"""Canonical JSON (RFC 8785), and a strict reader (RFC 8259 read as I-JSON, RFC 7493).

Two parsers that disagree about a document are a way round a signature. So the reader refuses what
parsers disagree about: duplicate names, NaN and infinities, lone surrogates, integers beyond 2**53.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

from consent.kernel.errors import AccordantError

JSON = None | bool | int | float | str | Sequence["JSON"] | Mapping[str, "JSON"]

_MAX_SAFE_INTEGER = 2**53 - 1
_LARGEST_LONG = 2**63 - 1
_MAX_DEPTH = 64
_INFINITIES = frozenset({float("inf"), float("-inf")})
_PLAIN = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_PLAIN_TYPES = frozenset({str, bool, type(None)})


class MalformedJson(AccordantError):
    """The text is not JSON that every parser reads alike."""

    code = "malformed_json"


def dumps(value: Any) -> bytes:
    """Return `value` as canonical JSON bytes.

    :raises MalformedJson: if `value` holds something that canonical JSON cannot express.
    """
    try:
        return _PLAIN.encode(value).encode() if _is_plain(value) else rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise MalformedJson(f"not expressible as canonical JSON: {error}") from error


def _is_plain(value: Any) -> bool:
    """Whether the standard library, several times faster, writes `value` as RFC 8785 has it.

    That is so where there is no fraction, no name that UTF-16 would sort otherwise, and no subclass of a
    plain type that could write itself in a way of its own.
    """
    kind = type(value)
    if kind is dict:
        for name, member in value.items():  # a loop: each event goes through it twice or more in its life
            if type(name) is not str or not name.isascii():
                return False
            if type(member) not in _PLAIN_TYPES and not _is_plain(member):
                return False
        return True
    if kind is list:
        return all(map(_is_plain, value))
    return kind in _PLAIN_TYPES or (kind is int and abs(value) <= _MAX_SAFE_INTEGER)


def loads(text: bytes | str, *, long_integers: bool = False) -> Any:
    """Return the value that `text` holds; with `long_integers`, integers of up to 64 bits are taken.

    :raises MalformedJson: with the position where one is known.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        value = json.loads(
            decoded,
            object_pairs_hook=_unique,
            parse_constant=_refuse_constant,
            parse_int=_long_integer if long_integers else _safe_integer,
            parse_float=_finite,
        )
    except UnicodeDecodeError as error:
        raise MalformedJson(f"not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise MalformedJson(f"not JSON at line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError as error:
        raise MalformedJson(f"nested deeper than {_MAX_DEPTH} levels") from error
    if isinstance(text, str) or _needs_check(decoded):
        _check(value, _MAX_DEPTH)
    return value


def _needs_check(decoded: str) -> bool:
    """Whether UTF-8 text could hold what `_check` refuses: only an escape makes half of a surrogate pair."""
    return "\\u" in decoded or decoded.count("{") + decoded.count("[") > _MAX_DEPTH


def _finite(digits: str) -> float:
    if (number := float(digits)) in _INFINITIES:
        raise MalformedJson("a number is too large")
    return number


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise MalformedJson("the same name stands twice in one object")
    return found


def _refuse_constant(name: str) -> float:
    raise MalformedJson(f"{name} is not JSON")


def _safe_integer(digits: str) -> int:
    if len(digits) > len(str(_MAX_SAFE_INTEGER)) + 1 or abs(int(digits)) > _MAX_SAFE_INTEGER:
        raise MalformedJson("an integer is beyond 2**53 - 1: send it as a string")
    return int(digits)


def _long_integer(digits: str) -> int:
    if len(digits) > len(str(-_LARGEST_LONG)) or abs(int(digits)) > _LARGEST_LONG:
        raise MalformedJson("an integer has more than 64 bits")
    return int(digits)


def _check(value: Any, depth: int) -> None:
    """Refuse what `json` lets through: lone surrogates, more than `depth` levels."""
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list) and not depth:
        raise MalformedJson(f"nested deeper than {_MAX_DEPTH} levels")
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name)
            _check(member, depth - 1)
    elif isinstance(value, list):
        for member in value:
            _check(member, depth - 1)


def _check_text(text: str) -> None:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise MalformedJson("a string holds a lone surrogate") from error
