"""What officers see of a person's signals: what each said, what became of it, what stood against it."""
