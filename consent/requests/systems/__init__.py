"""What systems hold about people, and how they are asked for it."""
