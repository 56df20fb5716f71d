"""Signals of consent on record: what they said, what became of it, and what was sealed of them."""
