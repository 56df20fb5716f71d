"""Certificates of erasure: how they are written, signed and verified. Without Django."""
