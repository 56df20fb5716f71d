"""Pages for data subjects: asking, showing that it is them, following it, taking what was found."""
