"""Text messages to people, by a back-end that the settings name."""
