"""What destinations say that they hold, held against what we know that they hold; and what is wrong, mended."""
