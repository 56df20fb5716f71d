"""A list as a file: what it shows, for a spreadsheet."""
