"""Certificates of erasure: gathered from what systems reported, signed, and shown in three forms."""
