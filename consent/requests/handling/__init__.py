"""What officers do with a request beside deciding it: who sees to it, notes, and looks at what is sealed."""
