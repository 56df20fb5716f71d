"""The consent check beside its peers: what one check costs a server, and how long a caller waits."""
