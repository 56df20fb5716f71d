"""What people read, in each language: texts with places for values."""
