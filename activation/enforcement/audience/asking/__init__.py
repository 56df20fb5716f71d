"""An audience that is the answer to one query, asked of a database that the operator named."""
