"""What an allow's obligations do to data: columns of Arrow, or one JSON object. Pure, and the same for all."""
