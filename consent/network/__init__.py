"""The way out to recipients: to addresses that were checked, and to no others."""
