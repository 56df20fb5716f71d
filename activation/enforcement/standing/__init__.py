"""Standing audiences: lists that leave again and again: by hand, by schedule, or because they went wrong."""
