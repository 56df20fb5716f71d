"""What a person reads of their request: where it stands, why then, what happened, what comes next."""
