"""What the errors of `./dev` have in common."""


class LaunchError(Exception):
    """The command cannot be carried out. The message says what to do about it."""
