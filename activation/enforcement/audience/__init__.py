"""Reading an audience in bounded memory: CSV, NDJSON and Parquet as record batches."""
