"""Whose data a breach reached: from holdings, from suppressions, and from the evidence of runs."""
