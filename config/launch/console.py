"""What `./dev` tells the person who runs it."""

import sys


def say(text: str) -> None:
    """Print one line of progress. Standard output is left to the command's result."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
