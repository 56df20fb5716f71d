"""How often callers of machine protocols may ask."""

from consent.requests.limits.rules import HOUR, Limit

BY_VISITOR = Limit(name="protocol-visitor", most=600, span=HOUR)
"""Whoever shows no token or key that stands, by their network."""
BY_AGENT = Limit(name="protocol-agent", most=3000, span=HOUR)
TOKENS_BY_AGENT = Limit(name="protocol-token", most=20, span=HOUR)
