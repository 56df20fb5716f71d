"""Withdrawals pulled through: whoever may not be at a destination any more is taken out there, on a clock."""
