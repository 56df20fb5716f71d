"""Everybody's state in one Parquet file, and the query that decides a whole audience by it.

A row is one subject. Of its state it holds, for each purpose, what bears on that purpose (a *lens*): the
number of its shape, and the times that an answer can hang on. No reasons: what a shape means at a time, the
engine says when the query is made, once for each shape that is there. It alone judges.
"""
