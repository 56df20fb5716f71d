"""Runs that have begun and not ended: what dies is found, and its run is ended."""
