"""Data subject requests: intake, verification, clocks, steps, systems, packages, certificates."""
