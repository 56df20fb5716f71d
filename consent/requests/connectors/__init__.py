"""How each kind of system is asked: to collect, to correct, to erase, and what is still there."""
