"""The pure parts that everything stands on: ids, periods, canonical JSON, Merkle tree, signatures, errors."""
