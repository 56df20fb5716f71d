"""What an allow's obligations do to data, columns of Arrow or one JSON object: pure, the same for all."""
