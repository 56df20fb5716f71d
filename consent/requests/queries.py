"""Reads of data subject requests: all that other apps may call."""
