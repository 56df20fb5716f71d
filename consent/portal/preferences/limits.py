"""How often visitors of the preference centre may do things, by their network."""

from consent.requests.limits.rules import HOUR, Limit

OPEN_BY_VISITOR = Limit(name="preferences-open", most=20, span=HOUR)
"""Having codes sent."""
CODE_BY_VISITOR = Limit(name="preferences-code", most=60, span=HOUR)
"""Trying them."""
LINK_BY_VISITOR = Limit(name="preferences-link", most=600, span=HOUR)
"""Following links: each is a visit. An office is behind one address, and so is a scanner of mails."""
