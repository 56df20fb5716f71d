"""What the HTTP API makes of the preference centre."""
