"""Addresses of the lists that the home page's numbers lead to, and how numbers are written."""

from django.urls import reverse
from django.utils.http import urlencode

from activation.desk.home.types import Figure, Tone


def address_of(page: str, *args: object, **asked: str) -> str:
    """Return the address of a page of the admin, with the filters that it is asked for."""
    address = reverse(f"admin:{page}", args=args)
    return f"{address}?{urlencode(asked)}" if asked else address


def count_of(label: str, count: int, address: str, *, tone: Tone = Tone.CALM, most: int = 0) -> Figure:
    """Return a figure of how many there are. It has the tone only if there are any.

    With `most`, more than so many were not counted.
    """
    value = f"more than {most:,}" if most and count > most else f"{count:,}"
    return Figure(label, value, address, tone if count else Tone.CALM)


def say_count(count: int, one: str, many: str, *, most: int = 0) -> str:
    """Return a sentence that begins with how many there are: `one` or `many`, without the number."""
    if count == 1:
        return f"1 {one}"
    return f"More than {most:,} {many}" if most and count > most else f"{count:,} {many}"
