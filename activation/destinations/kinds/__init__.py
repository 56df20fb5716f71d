"""Kinds of destinations, a folder each, behind one interface."""
