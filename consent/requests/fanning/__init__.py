"""Carrying out a request: its steps, in phases, by workers that may die at any time."""
