"""Checking the whole ledger: leaves, nodes, checkpoints, keys, private parts, and copied columns."""
