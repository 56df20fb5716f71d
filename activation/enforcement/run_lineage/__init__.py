"""What lineage hears of an audience run: datasets, columns and checks, in counts that name nobody."""
