"""The tailer: it keeps the decision store within milliseconds of the ledger. One process a machine."""
