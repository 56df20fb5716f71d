"""The parts of the home page, one a file: each is for whoever may see what it counts."""
