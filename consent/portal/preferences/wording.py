"""What the preference centre says, in each language."""

from pathlib import Path

from consent.requests.wording.catalogue import Catalogue

TEXTS = Catalogue("preferences", Path(__file__).parent / "texts")
