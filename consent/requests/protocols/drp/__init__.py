"""Data Rights Protocol 1.0: authorised agents ask for people by signed messages."""
