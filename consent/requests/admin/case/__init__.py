"""One request on one page: what is asked, how far it is, and what can be done next."""
