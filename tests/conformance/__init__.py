"""What every kind of destination must do, held by the same tests: see `harness.py` for how to add a kind."""
