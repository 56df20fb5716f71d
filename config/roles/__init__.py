"""Who may do what: roles declared as data, the groups made from them, and what each page needs."""
