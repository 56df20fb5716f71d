"""The words of the command line, as the parser takes them: what is no option is a string or a file.

Base64url has a dash, so that a text which somebody sent may begin with one. It is refused as what it is, in
JSON as everything is, and the strings beside it are told.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from consent.signals.errors import Fault, MalformedSignal

_HELP = {"-h": False, "--help": False}
_VALUED = ("--vendor", "--purpose", "--special-purpose", "--special-feature", "--gvl", "--at")
OPTIONS: Mapping[str, Mapping[str, bool]] = {
    "decode": {**_HELP, "--lenient": False},
    "encode": _HELP,
    "check": {**_HELP, **dict.fromkeys(_VALUED, True)},
}
"""Each command's options, and whether a value follows."""


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is an error like any other; the usage goes to standard error."""

    def error(self, message: str) -> NoReturn:
        """Refuse the words.

        :raises MalformedSignal: always.
        """
        self.print_usage(sys.stderr)
        raise MalformedSignal(Fault("wrong_words", message))


def set_apart(words: Sequence[str]) -> list[str]:
    """Return the words with the command and its options first, and all others behind a double dash."""
    options = list(words[:1])
    others: list[str] = []
    rest = iter(words[1:])
    known = OPTIONS.get(words[0] if words else "")
    if known is None:
        return list(words)
    for word in rest:
        name, equals, _ = word.partition("=")
        if word == "--":
            others += rest
        elif name not in known:
            others.append(word)
        elif known[name] and not equals:
            options += (f"{word}={value}" for value in [next(rest, None)] if value is not None)
        else:
            options.append(word)
    return [*options, "--", *others]
