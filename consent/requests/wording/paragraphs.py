"""The paragraphs of a text, and on what each of them depends. Pure."""

from collections.abc import Iterator, Mapping

from consent.requests.wording.catalogue import fill
from consent.requests.wording.faults import CONDITION


def choose(text: str, values: Mapping[str, str]) -> Iterator[str]:
    """Yield the paragraphs whose conditions hold, with their values."""
    for paragraph in filter(None, text.split("\n\n")):
        condition = CONDITION.match(paragraph)
        if condition is None:
            yield fill(paragraph, values)
        elif all(_holds(name, values) for name in condition[1].split()):
            yield fill(paragraph[condition.end() :], values)


def _holds(name: str, values: Mapping[str, str]) -> bool:
    return not values[name[1:]] if name.startswith("!") else bool(values[name])
