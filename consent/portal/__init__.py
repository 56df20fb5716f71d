"""Pages for data subjects: requests, their status, and what they may download."""
