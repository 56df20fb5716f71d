"""Services that are asked over HTTP, by templates that the data map declares."""
