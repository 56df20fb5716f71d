"""Which of fideslang's data categories hold data of GDPR Art. 9(1).

Our reading; fideslang does not say. Racial or ethnic origin, political opinions, religious or philosophical
beliefs, genetic and biometric data, health, sex life and orientation. Trade union membership has no key.
"""

from consent.policies.taxonomy.terms import ancestors_of

SPECIAL_KEYS = frozenset(
    {
        "user.authorization.biometric",
        "user.biometric",
        "user.demographic.political_opinion",
        "user.demographic.race_ethnicity",
        "user.demographic.religious_belief",
        "user.demographic.sexual_orientation",
        "user.health_and_medical",
    }
)


def may_be_special(key: str) -> bool:
    """Return whether the data category is one of Art. 9, lies below one, or has one below it."""
    if SPECIAL_KEYS & {key, *ancestors_of(key)}:
        return True
    return any(key in ancestors_of(special) for special in SPECIAL_KEYS)
