"""Where events are emitted to, by openlineage-python's transports, each under a name.

The classes are made here, not by the client's factory, which obeys environment variables and would answer
`OPENLINEAGE_DISABLED` with a transport that drops everything and reports success.
"""
