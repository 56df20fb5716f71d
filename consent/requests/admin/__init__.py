"""The officer's workspace."""
