"""Services that are told by a signed message, and answer at once or by a call-back."""
