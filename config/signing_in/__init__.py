"""How officers sign in: passwords, factors, single sign-on, sessions, and asking again before what weighs."""
