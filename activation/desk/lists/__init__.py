"""Lists of the whole admin: saved views, exports, and the search over all pages."""
