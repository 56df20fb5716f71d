"""Recipients: who was sent data about a person, and how each is told (GDPR Art. 15(1)(c), 19)."""
