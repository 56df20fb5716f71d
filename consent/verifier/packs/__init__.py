"""Evidence packs: all that the log holds of one subject or one period, with what is needed to check it."""
