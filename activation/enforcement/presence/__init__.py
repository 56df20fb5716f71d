"""Who was in a run: one person looked up in the evidence of many runs."""
