"""A month of due dates."""
