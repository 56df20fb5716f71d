"""Choices in the shapes that others send them in, brought into the form of our rows.

Pure. A no is never lost in silence: it is recorded, or a fault tells of it. What is no clear yes by the
mapping is never a grant.
"""
