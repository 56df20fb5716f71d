"""What a client that decides by itself is sent: pages of people and of changes, each sealed. Pure.

The service writes by it and the client reads by it, so that they cannot differ.
"""
