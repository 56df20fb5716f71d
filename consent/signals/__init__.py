"""Signals of consent that travel as strings, headers and flags: read and written exactly.

Pure and usable alone: no Django, no network, nothing but the standard library and `consent.kernel`.
"""
