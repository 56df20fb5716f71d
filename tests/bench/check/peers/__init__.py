"""What others offer for the same question, from their own packages."""
