"""Erasure from the first tombstone to the signed certificate, and telling recipients."""
