"""The law as data: what statutes ask for, dated and sourced, and what a policy is held against."""
