"""Building `consent.js`: its sources in the order of their names, without comments and needless blanks."""

import sys

from config.launch.arguments import ROOT

SOURCE = ROOT / "consent" / "portal" / "embed" / "source"
BUILT = ROOT / "consent" / "portal" / "embed" / "built" / "consent.js"
_HEAD = (
    "/*! Accordant consent.js, Apache-2.0. Built from consent/portal/embed/source by ./dev check --fix. */\n"
)


def build() -> str:
    """Return the script as it is served."""
    import rjsmin  # noqa: PLC0415 - it comes with the tools for tests and checks; the demo does without

    parts = [file.read_text(encoding="utf-8") for file in sorted(SOURCE.glob("*.js"))]
    return f"{_HEAD}{rjsmin.jsmin(''.join(parts))}\n"


if __name__ == "__main__":
    sys.stdout.write(build())
