"""The application inside the check server: answers from the store of this machine, else from the reference.

The reference is the web process's own views, called in this process: it answers whatever the store cannot,
from PostgreSQL, a few at a time. Where it fails too, every question is denied.
"""
