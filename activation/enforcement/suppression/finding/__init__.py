"""Finding whom destinations may not hold any more: by the ledger's feed, by time, by looking at all."""
