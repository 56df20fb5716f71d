"""What lists of the admin give away."""

from config.env import env

# At most so many rows stand in one exported list; more, and officers are told to filter it.
EXPORT_ROWS: int = env.int("ACCORDANT_EXPORT_ROWS", default=50_000)
