"""What an allow's obligations do to the columns of data. Pure, on Arrow, and the same for every caller."""
