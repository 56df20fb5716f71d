"""The command line: strings to JSON, JSON to strings, and whether a vendor may."""
