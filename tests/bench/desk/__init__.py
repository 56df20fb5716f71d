"""The officer's desk with a large house behind it: server time and statements of its pages."""
