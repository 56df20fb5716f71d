"""Strings of consent decoded and encoded, beside the references of each format."""
