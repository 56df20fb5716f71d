"""Invented people who said no, asked about in every run: whoever lets one pass would let others pass."""
