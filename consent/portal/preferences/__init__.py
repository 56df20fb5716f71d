"""The preference centre: how people reach it, what it shows of their choices, and how it records new ones."""
