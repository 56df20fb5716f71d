"""What people are written, to read before anybody gets it."""
