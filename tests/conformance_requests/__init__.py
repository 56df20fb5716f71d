"""What every kind of system is held to, whichever way it is reached."""
