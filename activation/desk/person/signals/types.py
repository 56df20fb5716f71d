"""Values about a person's signals, as a page shows them. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that a signal says."""

    tone: str
    """`yes`, `no`, or `open`: neither."""
    words: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one part of a signal says; a string that has no parts is one."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What a signal says, and who made it."""

    maker: str
    """The consent management platform, by its number; empty if the signal names none."""
    parts: tuple[Part, ...]
