"""The search over all pages: by name, reference, slug or id, never for people."""
