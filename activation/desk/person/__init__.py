"""Finding a person, reading all that is known of them on one page, and acting for them. Each look is logged."""
