"""What destinations say that they hold, held against what we know of it; and what is wrong, mended."""
