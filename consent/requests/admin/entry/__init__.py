"""A request that came by letter, telephone or in person, as an officer takes it down."""
