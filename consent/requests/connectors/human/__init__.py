"""Systems that no program reaches: a human does what is asked, and says so."""
