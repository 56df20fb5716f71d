"""What officers can do about a request, by subject."""
