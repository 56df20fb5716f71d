"""Access packages: what a person was given, to be checked by them or anyone, without the service."""
