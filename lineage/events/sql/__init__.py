"""What one SELECT says of its columns: where each comes from, and what decides which rows there are.

`tracing.trace_query` and `redaction.redact` are what others call. Pure: sqlglot reads the statement, and
nothing here asks a database. What cannot be understood is said to be incomplete: nothing is claimed of it.
"""
