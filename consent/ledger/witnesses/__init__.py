"""Witnesses outside: who keeps our checkpoints, so that we cannot take back what we have signed."""
