"""How the pages may look: a closed list of variables, each with values that keep them readable. Pure.

Colours are looked at together: whatever stands on something else has the contrast of WCAG 2.2 AA (1.4.3 for
text, 1.4.11 for edges), in light and in dark.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

COLOURS = ("ground", "raised", "text", "soft", "line", "accent", "on_accent")
"""Variables that hold a colour; with `dark_` before them, that of the dark scheme."""
DEFAULTS: Mapping[str, str] = {
    "ground": "#ffffff",
    "raised": "#f4f6f8",
    "text": "#1b2430",
    "soft": "#4d5967",
    "line": "#76828f",
    "accent": "#0b5d6b",
    "on_accent": "#ffffff",
    "dark_ground": "#12181f",
    "dark_raised": "#1b232d",
    "dark_text": "#e8edf2",
    "dark_soft": "#b3bec9",
    "dark_line": "#76828f",
    "dark_accent": "#6fc6d3",
    "dark_on_accent": "#0b1a1d",
    "radius": "soft",
    "font": "system",
}
RADII: Mapping[str, str] = {"square": "0", "soft": "0.35rem", "round": "0.8rem"}
FONTS: Mapping[str, str] = {
    "system": 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,sans-serif',
    "humanist": 'Seravek,"Gill Sans Nova",Ubuntu,Calibri,"DejaVu Sans",source-sans-pro,sans-serif',
    "geometric": 'Avenir,Montserrat,Corbel,"URW Gothic",source-sans-pro,sans-serif',
    "serif": '"Iowan Old Style","Palatino Linotype","URW Palladio L",P052,Georgia,serif',
}
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.ASCII)
_TEXT, _EDGE = 4.5, 3.0
_PAIRS = (
    ("text", "ground", _TEXT),
    ("text", "raised", _TEXT),
    ("soft", "ground", _TEXT),
    ("soft", "raised", _TEXT),
    ("accent", "ground", _TEXT),
    ("accent", "raised", _TEXT),
    ("on_accent", "accent", _TEXT),
    ("line", "ground", _EDGE),
    ("line", "raised", _EDGE),
)


@dataclass(frozen=True, slots=True)
class ThemeFault:
    """What is wrong with one variable, and what would do."""

    name: str
    message: str


def read_variables(variables: object) -> dict[str, str]:
    """Return every variable's value: the theme's where it is one, the page's own where it is none."""
    own = variables if isinstance(variables, Mapping) else {}
    return {
        name: own[name] if _is_value(name, own.get(name)) else default for name, default in DEFAULTS.items()
    }


def find_faults(variables: Mapping[str, object]) -> Iterator[ThemeFault]:
    """Yield what is wrong with a theme's own variables."""
    for name, value in variables.items():
        if name not in DEFAULTS:
            yield ThemeFault(name, "is no variable of the pages")
        elif not _is_value(name, value):
            yield ThemeFault(name, f"is none of: {_allowed(name)}")
    values = read_variables(variables)
    for scheme in ("", "dark_"):
        for over, under, least in _PAIRS:
            found = contrast(values[scheme + over], values[scheme + under])
            if found < least:
                message = f"has a contrast of {found:.1f}:1 on {scheme}{under}; {least:g}:1 is the least"
                yield ThemeFault(scheme + over, message)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def write_css(variables: object) -> str:
    """Return the variables as CSS, light and dark. Whatever `variables` holds, only known values come out."""
    values = read_variables(variables)
    light = "".join(f"--{name.replace('_', '-')}:{values[name]};" for name in COLOURS)
    dark = "".join(f"--{name.replace('_', '-')}:{values[f'dark_{name}']};" for name in COLOURS)
    shape = f"--radius:{RADII[values['radius']]};--font:{FONTS[values['font']]};"
    return f":root{{{light}{shape}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _is_value(name: str, value: object) -> bool:
    if not isinstance(value, str):
        return False
    if name == "radius":
        return value in RADII
    if name == "font":
        return value in FONTS
    return bool(_COLOUR.fullmatch(value))


def _allowed(name: str) -> str:
    named = {"radius": RADII, "font": FONTS}.get(name)
    return ", ".join(named) if named else "a colour such as #0b5d6b"


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
