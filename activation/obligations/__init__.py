"""What is done to the columns of data because of an allow's obligations. Pure, on Arrow; for every caller alike."""
