"""Figures that regulators ask for: defined, counted in the database, summed up by pure rules."""
