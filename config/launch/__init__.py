"""What `./dev` does.

`arguments` and `venv` use the standard library only: they run before anything is installed.
"""
