"""Finding a person, reading all that is known of them, and acting for them. Each look is on record."""
