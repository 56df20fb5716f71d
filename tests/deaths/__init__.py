"""Runs that die, or meet a fault, at each point on their way in turn."""
