"""Receipts: what one event of the ledger says of a person's choice, to be kept and checked by anyone."""
